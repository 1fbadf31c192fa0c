"""Times of one call, everyone's in turn: pixelwise, the same patch and window, two threads."""

import time

import numpy

import methods
import pictures

SIGMA = 25

# What each took in the quality run; time does not depend on it.
H = {"ours": 0.5, "OpenCV": 1.0, "scikit-image fast": 0.6}

# Short work is repeated, so that each measurement takes some tenths of a second.
CALLS = 4


def measure(images, noise, ours, pairs, say):
    """[{size, rounds: {method: [{ms, processor_ms} of each round]}}]."""
    results = []
    for size in (256, 512):
        noisy = noise.add(scene(images, size), SIGMA)
        sides = {
            "ours": lambda: ask(ours, noisy, "Pixelwise"),
            "OpenCV": lambda: opencv(noisy),
            "scikit-image fast": lambda: clock(lambda: methods.skimage_fast(noisy, SIGMA, H["scikit-image fast"] * SIGMA)),
            "ours patchwise": lambda: ask(ours, noisy, "Patchwise")}
        rounds = {name: [] for name in sides}
        for number in range(pairs + 1):
            # After a round of warm-up; the order turns round from one to the next.
            for name in sides if number % 2 else reversed(sides):
                measured = sides[name]()
                if number > 0:
                    rounds[name].append(measured)
            if number > 0:
                times = ", ".join(f"{name} {measured[-1]['ms']:.1f} ms" for name, measured in rounds.items())
                say(f"{size}x{size}, round {number} of {pairs}: {times}")
        results.append({"size": size, "rounds": rounds})
    return results


def scene(images, size):
    """The first picture, or as many beside and below each other as fill the size."""
    side = images[0][1].shape[0]
    count = -(-size // side)
    rows = [numpy.hstack([images[(count * y + x) % len(images)][1] for x in range(count)]) for y in range(count)]
    return numpy.vstack(rows)[:size, :size]


def ask(ours, noisy, aggregation):
    return ours.ask(noisy, SIGMA, H["ours"] * SIGMA, aggregation, calls=CALLS)[1]


def opencv(noisy):
    samples = pictures.bytes_of(noisy)
    return clock(lambda: methods.opencv_of_bytes(samples, H["OpenCV"] * SIGMA))


def clock(call):
    processor, start = time.process_time(), time.perf_counter()
    call()
    return {"ms": (time.perf_counter() - start) * 1e3, "processor_ms": (time.process_time() - processor) * 1e3}
