"""Ours against scikit-image and OpenCV: quality, then time. benchmarks/denoising/run.sh starts it."""

import argparse
import json
import os
import sys

import methods
import pictures
import quality
import report
import timing


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--only", choices=["quality", "time"])
    parser.add_argument("--pictures", type=int, default=1000, help="at most so many of each set")
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--resume", action="store_true", help="go on where a quality run was stopped")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    ours = methods.Ours(options.work)
    noise = pictures.Noise(options.data)
    if options.only != "quality":
        save(options, "time", timing.measure(pictures.read(options.data, "set12"), noise, ours, options.pairs, say))
    if options.only != "time":
        everyone = {
            "ours": ours.patchwise, "ours 8 bit": ours.patchwise_of_bytes, "ours, article": ours.patchwise_of_the_article,
            "ours pixelwise": ours.pixelwise, "scikit-image fast": methods.skimage_fast, "OpenCV": methods.opencv,
            "scikit-image slow": methods.skimage_slow}
        quality.measure(
            lambda name: pictures.read(options.data, name), noise, everyone, options.pictures,
            (load(options, "quality") or []) if options.resume else [], lambda results: save(options, "quality", results), say)
    text = report.markdown(load(options, "quality"), load(options, "time"))
    print(text)
    if options.write:
        report.write(text, load(options, "quality"))


def save(options, part, results):
    with open(path(options, part), "w") as file:
        json.dump(results, file, indent=1)


def load(options, part):
    if not os.path.exists(path(options, part)):
        return None
    with open(path(options, part)) as file:
        return json.load(file)


def path(options, part):
    return os.path.join(options.work, f"{part}.json")


def say(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
