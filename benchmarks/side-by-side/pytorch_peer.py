"""
PyTorch's side: prepares one row, says that it is ready, then times one repetition for every line that it reads.

usage: pytorch_peer.py ROW FOLDER      ROW is one object of rows.json, FOLDER has weights and numbers of our side
"""

import copy
import json
import math
import os
import sys
import time

row = json.loads(sys.argv[1])
folder = sys.argv[2]
threads = row.get("threads", 2)
measure = row.get("measure", "ms")
trials_of_each = 3 if measure == "ms" else 1  # processor time hardly varies
os.environ.update(OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))

import torch  # noqa: E402 (the variables above must be set before)
from torch.nn import functional  # noqa: E402

import networks  # noqa: E402
import safetensors_file  # noqa: E402

REPETITION_MS = 60

torch.set_num_threads(threads)


def product(numbers):
    """Matrix product into memory that exists."""
    left, right = torch.from_numpy(numbers["left"]), torch.from_numpy(numbers["right"])
    output = torch.empty(left.shape[0], right.shape[1])

    def run():
        torch.mm(left, right, out=output)

    run()
    return {"eager": run}, {"output": output}


def inference(network, numbers):
    """The forward pass, in both memory layouts, as it is and compiled by TorchScript."""
    network.eval()
    x = torch.from_numpy(numbers["input"])
    last = torch.channels_last_3d if x.dim() == 5 else torch.channels_last
    runs = {}
    with torch.inference_mode():
        output = network(x)
    for layout, order in {"contiguous": torch.contiguous_format, "channels_last": last}.items():
        module, data = copy.deepcopy(network).to(memory_format=order), x.contiguous(memory_format=order)
        runs[f"eager, {layout}"] = inference_run(module, data)
        try:
            with torch.no_grad():
                frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, data, check_trace=False)))
            run = inference_run(frozen, data)
            run()
            run()
            runs[f"TorchScript, {layout}"] = run
        except Exception as error:  # TorchScript refuses some networks; the others still count.
            print(f"TorchScript, {layout}: {error}", file=sys.stderr)
    if "onnxruntime" in row["peers"]:
        torch.onnx.export(
            network, x, os.path.join(folder, "model.onnx"), opset_version=17, input_names=["input"], output_names=["output"])
    return runs, {"output": output}


def inference_run(module, data):
    def run():
        with torch.inference_mode():
            module(data)

    return run


def training(network, numbers):
    """A block's forward and backward pass, or a classifier's whole step, in both memory layouts."""
    network.train()
    x = torch.from_numpy(numbers["input"])
    last = torch.channels_last_3d if x.dim() == 5 else torch.channels_last
    runs = {}
    results = {}
    for layout, order in {"contiguous": torch.contiguous_format, "channels_last": last}.items():
        module, data = copy.deepcopy(network).to(memory_format=order), x.clone(memory_format=order)
        runs[layout], found = training_run(module, data, numbers)
        results = results or found
    return runs, results


def training_run(module, data, numbers):
    step = row["mode"] == "step"
    targets = torch.from_numpy(numbers["targets"]).long() if step else None
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-3, momentum=0.9, nesterov=True, weight_decay=1e-4)
    data.requires_grad_(not step)

    def backward():
        optimizer.zero_grad(set_to_none=True)
        data.grad = None
        loss = functional.cross_entropy(module(data), targets) if step else module(data).square().mean()
        loss.backward()
        return loss

    def run():
        backward()
        if step:
            optimizer.step()

    results = {"loss": backward().detach()}
    gradients = dict(module.named_parameters())
    for name in numbers:
        if "gradient." in name:
            key = name.split("gradient.")[1]
            results[name] = data.grad if key == "input" else gradients[key].grad
    return run, {name: result.clone() for name, result in results.items()}


def error(result, expected):
    """The largest difference, relative to the largest number."""
    found, wanted = result.double().flatten(), torch.from_numpy(expected).double().flatten()
    return float((found - wanted).abs().max() / wanted.abs().max())


def timed(run, calls):
    """Milliseconds of one call: by the clock, and of all processors together."""
    start, processor = time.perf_counter(), time.process_time()
    for _ in range(calls):
        run()
    return {"ms": (time.perf_counter() - start) * 1e3 / calls, "processor_ms": (time.process_time() - processor) * 1e3 / calls}


def openblas():
    """The BLAS library that this process has really loaded."""
    with open("/proc/self/maps") as maps:
        return sorted({line.split()[-1] for line in maps if "blas" in line})


def main():
    numbers = safetensors_file.read(os.path.join(folder, "numbers.safetensors"))
    if row["subject"] == "product":
        runs, results = product(numbers)
    else:
        weights = safetensors_file.read(os.path.join(folder, "weights.safetensors"))
        network = networks.load(networks.create(row), weights)
        runs, results = (inference if row.get("mode", "inference") == "inference" else training)(network, numbers)
    errors = {name: error(result, numbers[name]) for name, result in results.items()}
    trials = {}
    for name, run in runs.items():
        run()
        trials[name] = min(timed(run, 1)[measure] for _ in range(trials_of_each))
    best = min(trials, key=trials.get)
    calls = max(1, math.ceil(REPETITION_MS / trials[best]))
    answer(ready=True, errors=errors, variant=best, trials=trials, version=torch.__version__, blas=openblas())
    for _ in sys.stdin:
        if calls > 1:
            runs[best]()
        answer(**timed(runs[best], calls))


def answer(**values):
    print(json.dumps(values), flush=True)


main()
