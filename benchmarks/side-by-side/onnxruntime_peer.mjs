// ONNX Runtime's side: prepares one row, says that it is ready, then times one repetition for every line that it reads.
//
// usage: node onnxruntime_peer.mjs ROW FOLDER PACKAGES
//        ROW is one object of rows.json; FOLDER has model.onnx and numbers of the other sides; PACKAGES has node_modules

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';

const REPETITION_MS = 60;
const [row, folder, packages] = [JSON.parse(process.argv[2]), process.argv[3], process.argv[4]];
const require = createRequire(path.join(path.resolve(packages), 'package.json'));
const runtime = require('onnxruntime-node');

// Safetensors: a length, a JSON header, raw little-endian numbers. Only floats are asked for here.
function readTensors(file) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString());
  const data = bytes.byteOffset + start;
  const read = ({ data_offsets: [from, to], shape }) =>
    new runtime.Tensor('float32', new Float32Array(bytes.buffer.slice(data + from, data + to)), shape);
  return Object.fromEntries(Object.entries(header).filter(([name]) => name !== '__metadata__').map(([name, entry]) => [name, read(entry)]));
}

function error(found, expected) {
  let [difference, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(found[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference / largest;
}

const numbers = readTensors(path.join(folder, 'numbers.safetensors'));
const session = await runtime.InferenceSession.create(path.join(folder, 'model.onnx'), {
  intraOpNumThreads: row.threads ?? 2,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  executionProviders: ['cpu'],
});
const feeds = { input: numbers.input };

// Milliseconds of one call: by the clock, and of all processors together.
async function timed(calls) {
  const [start, processor] = [performance.now(), process.cpuUsage()];
  for (let call = 0; call < calls; call++) {
    await session.run(feeds);
  }
  const { user, system } = process.cpuUsage(processor);
  return { ms: (performance.now() - start) / calls, processor_ms: (user + system) / 1e3 / calls };
}

const answer = values => console.log(JSON.stringify(values));
const { output } = await session.run(feeds);
await timed(1);
const calls = Math.max(1, Math.ceil(REPETITION_MS / Math.min((await timed(1)).ms, (await timed(1)).ms)));
answer({
  ready: true,
  errors: { output: error(output.data, numbers.output.data) },
  variant: 'all optimisations',
  version: require('onnxruntime-node/package.json').version,
});
for await (const _ of createInterface({ input: process.stdin })) {
  if (calls > 1) {
    await timed(1);
  }
  answer(await timed(calls));
}
