"""Measures one row: ours and theirs in alternation, in one run."""

import json
import os
import shutil
import statistics
import struct
import subprocess
import time
import zlib

import machine
from servers import Server, ServerError

TOLERANCE = 1e-4
ROUGH_TOLERANCE = 5e-2  # for gradients of which little remains after cancelling; see Subjects.cs
WARM_UPS = 1  # every side has run a few times before it says that it is ready
PAUSE_SECONDS = 0.03  # the threads of the side that ran before spin for a while, and then sleep
PROCESSES = 5
OURS = "ours"


class Settings:
    """Where things are, and how much is measured."""

    def __init__(self, root, work, python, pairs):
        self.sources = os.path.join(root, "benchmarks", "side-by-side")
        self.program = os.path.join(root, "benchmarks", "NonLocal.Benchmarks", "bin", "Release", "net10.0", "NonLocal.Benchmarks")
        self.work = work
        self.python = python
        self.pairs = pairs

    def folder(self, row):
        path = os.path.join(self.work, f"row-{row['id']}")
        os.makedirs(path, exist_ok=True)
        return path

    def command(self, side, row):
        """How a side's process is started."""
        text, folder = json.dumps(row), self.folder(row)
        return {
            OURS: [self.program, "serve", text, folder],
            "pytorch": [self.python, os.path.join(self.sources, "pytorch_peer.py"), text, folder],
            "onnxruntime": ["node", os.path.join(self.sources, "onnxruntime_peer.mjs"), text, folder, self.work],
        }[side]


def measure(row, settings):
    """A row's result: median and quartiles of the ratio to the best peer, times, floor, and what went wrong."""
    mode = row.get("mode", "inference")
    result = {"row": row, "busy": machine.busy_share(), "problems": []}
    try:
        if mode == "compile":
            compile_times(row, settings, result)
        elif mode == "start":
            start_times(row, settings, result)
        else:
            alternate(row, settings, result)
    except ServerError as error:
        result["problems"].append(f"ours: {error}")
    if mode not in ("compile", "start"):
        shutil.rmtree(settings.folder(row), ignore_errors=True)
    return result


def alternate(row, settings, result):
    """One process a side; each is idle while another is timed."""
    servers = {}
    try:
        servers[OURS] = start(OURS, row, settings)
        # PyTorch first: it writes the network that ONNX Runtime reads.
        for side in sorted(row["peers"], key=lambda name: name != "pytorch"):
            try:
                servers[side] = start(side, row, settings)
                check(side, servers[side].ready["errors"])
            except ServerError as error:
                result["problems"].append(f"{side}: {error}")
                if side in servers:
                    servers.pop(side).stop()
        rounds = [one_round(servers, turn) for turn in range(WARM_UPS + settings.pairs)][WARM_UPS:]
        summarise(rounds, servers, result)
    finally:
        for server in servers.values():
            server.stop()


def start(side, row, settings):
    return Server(side, settings.command(side, row), os.path.join(settings.folder(row), f"{side}.log"))


def check(side, errors):
    """Different results would be different work."""
    for name, error in errors.items():
        allowed = ROUGH_TOLERANCE if name.startswith("rough.") else TOLERANCE
        if not error <= allowed:
            raise ServerError(f"{name} differs from ours by {error:.1e}, at most {allowed:.0e} is allowed")


def one_round(servers, turn):
    """Everybody once; the order turns round from one round to the next."""
    answers = {}
    for side in sorted(servers, reverse=turn % 2 == 1):
        time.sleep(PAUSE_SECONDS)
        answers[side] = servers[side].measure()
    return answers


def summarise(rounds, servers, result):
    """Medians of times and of the ratios within the rounds, and what the machine could do meanwhile."""
    ready = servers[OURS].ready
    measure = result["row"].get("measure", "ms")
    times = {side: [answers[side][measure] for answers in rounds] for side in servers}
    result.update(
        ms={side: statistics.median(values) for side, values in times.items()},
        times=times,
        errors={side: server.ready["errors"] for side, server in servers.items() if side != OURS},
        variants={side: server.ready["variant"] for side, server in servers.items() if side != OURS},
        versions={side: server.ready["version"] for side, server in servers.items() if side != OURS} | {".NET": ready["runtime"]},
        blas=servers["pytorch"].ready["blas"] if "pytorch" in servers else [],
        flops=ready["flops"],
        bytes=ready["bytes"],
        arena=ready["arena"],
        vector_bits=ready["vector_bits"],
        peak=max(answers[OURS]["peak"] for answers in rounds),
        bandwidth=max(answers[OURS]["bandwidth"] for answers in rounds),
        allocated=max(answers[OURS]["allocated"] for answers in rounds))
    compare(result)


def compare(result):
    """The ratio to the peer with the smaller median, pair by pair."""
    peers = [side for side in result["ms"] if side != OURS]
    if peers:
        best = min(peers, key=lambda side: result["ms"][side])
        ratios = [mine / theirs for mine, theirs in zip(result["times"][OURS], result["times"][best])]
        low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
        result.update(best=best, ratio=statistics.median(ratios), quartiles=[low, high])


def compile_times(row, settings, result):
    """The first and the second compilation in a process."""
    answers = []
    for _ in range(PROCESSES):
        server = start(OURS, row, settings)
        server.stop()
        answers.append(server.ready)
    result["compile"] = {name: statistics.median(answer[name] for answer in answers) for name in ("first", "second")}


def start_times(row, settings, result):
    """From process start to the line with the first prediction: the published command against a PyTorch program."""
    folder = settings.folder(row)
    start(OURS, {**row, "mode": "inference"}, settings).stop()
    weights, picture = os.path.join(folder, "weights.safetensors"), os.path.join(folder, "picture.png")
    write_picture(picture)
    commands = {
        OURS: [os.path.join(settings.work, "nonlocal", "nonlocal"), "predict", row["subject"], picture, "--weights", weights, "--json"],
        "pytorch": [settings.python, os.path.join(settings.sources, "first_prediction.py"), weights, picture],
    }
    times, predictions = {side: [] for side in commands}, {}
    for _ in range(WARM_UPS + settings.pairs):
        for side in list(commands):
            begin = time.perf_counter()
            done = subprocess.run(commands[side], capture_output=True, text=True)
            times[side].append((time.perf_counter() - begin) * 1e3)
            if done.returncode != 0:
                result["problems"].append(f"{side}: {done.stderr.strip().splitlines()[-1:]}")
                del commands[side], times[side]
            else:
                predictions[side] = done.stdout
    times = {side: values[WARM_UPS:] for side, values in times.items()}
    if set(times) == set(predictions) == {OURS, "pytorch"}:
        mine = json.loads(predictions[OURS])[0]["top"][0]["probability"]
        check("pytorch", {"probability": abs(mine - float(predictions["pytorch"])) / mine})
    result.update(times=times, ms={side: statistics.median(values) for side, values in times.items()})
    if OURS in times:
        compare(result)


def write_picture(path):
    """A PNG of 32×32 coloured pixels."""
    rows = b"".join(b"\0" + bytes((7 * x * y + 80 * channel) % 256 for x in range(32) for channel in range(3)) for y in range(32))

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
