"""
Makes the table and the picture of the comparison that comparison.sh has trained, from the logs of its runs.

    python3 benchmarks/study/comparison.py out/nonlocal runs --logs docs/results/comparison --picture docs/images/comparison.svg

Rows are those of comparison.txt that have at least one finished run. Accuracy is that of the last epoch, not the best one, so that no row
is chosen by its test pictures.
"""

import argparse
import csv
import json
import math
import os
import shutil
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
DRAWN = ["none", "deeper-resnet26", "non-local", "non-local-3-blocks", "non-local-6-blocks", "global-context-every-block"]
COLOURS = ["#222222", "#777777", "#0072b2", "#d55e00", "#009e73", "#cc79a7"]

# Two-sided 95 % points of Student's distribution, by degrees of freedom.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 8: 2.31, 10: 2.23, 15: 2.13, 20: 2.09, 25: 2.06, 30: 2.04, 60: 2.00}


def main():
    options = parse()
    rows = []
    for name in names():
        runs = finished(options.runs, name)
        if runs:
            rows.append(Row(name, runs, summary(options.nonlocal_program, runs[0][1])))
    print(table(rows))
    print()
    print(spread(rows))
    if options.logs:
        copy_logs(rows, options.logs)
    if options.picture:
        with open(options.picture, "w", encoding="utf-8") as file:
            file.write(picture(rows))


class Row:
    """One row: its runs' accuracies after every epoch, and what the network costs."""

    def __init__(self, name, runs, cost):
        self.name, self.cost = name, cost
        self.seeds = [seed for seed, _ in runs]
        self.folders = [folder for _, folder in runs]
        logs = [evaluations(folder) for folder in self.folders]
        self.curves = [[100 * float(line["top1"]) for line in log] for log in logs]
        self.last = [curve[-1] for curve in self.curves]
        self.seconds = statistics.mean(float(log[-1]["seconds"]) / len(log) for log in logs)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n")[0])
    parser.add_argument("nonlocal_program", metavar="NONLOCAL", help="the nonlocal command")
    parser.add_argument("runs", metavar="RUNS", help="the folder that comparison.sh was given")
    parser.add_argument("--logs", help="a folder that the logs are copied to")
    parser.add_argument("--picture", help="an SVG file for the curves")
    return parser.parse_args()


def names():
    with open(os.path.join(HERE, "comparison.txt"), encoding="utf-8") as file:
        return [line.split()[0] for line in file if line.strip() and not line.startswith("#")]


def finished(runs, name):
    """The row's finished runs: pairs of seed and folder."""
    found = []
    for entry in sorted(os.listdir(runs)):
        start, _, seed = entry.rpartition("-")
        if start == name and seed.isdigit() and os.path.exists(os.path.join(runs, entry, "done")):
            found.append((int(seed), os.path.join(runs, entry)))
    return found


def evaluations(folder):
    with open(os.path.join(folder, "log.csv"), encoding="utf-8", newline="") as file:
        return [line for line in csv.DictReader(file) if line["top1"]]


def summary(program, folder):
    checkpoint = os.path.join(folder, "last.safetensors")
    text = subprocess.run(
        [program, "summary", checkpoint, "--shape", "1x32x32x3", "--json"], check=True, capture_output=True, text=True).stdout
    modules = json.loads(text)["modules"]
    return sum(module["parameters"] for module in modules), sum(module["flops"] for module in modules) / 1e6


def table(rows):
    base = statistics.mean(rows[0].last)
    lines = [
        "| row | runs | accuracy, % | lowest to highest | above none | parameters | MFLOP a picture | seconds an epoch |",
        "|---|---:|---:|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        mean = statistics.mean(row.last)
        parameters, operations = row.cost
        lines.append(
            f"| {row.name} | {len(row.last)} | {mean:.2f} | {min(row.last):.2f} to {max(row.last):.2f} | {mean - base:+.2f} "
            f"| {parameters:,} | {operations:.1f} | {row.seconds:.1f} |")
    return "\n".join(lines)


def spread(rows):
    """The pooled deviation between seeds of a row, and the difference of two rows' means that it can resolve."""
    several = [row.last for row in rows if len(row.last) > 1]
    freedom = sum(len(values) - 1 for values in several)
    if freedom == 0:
        return "No row has two finished runs, so nothing can be said about spread."
    deviation = math.sqrt(sum((len(values) - 1) * statistics.variance(values) for values in several) / freedom)
    runs = min(len(values) for values in several)
    student = STUDENT[max(key for key in STUDENT if key <= freedom)]
    least = student * deviation * math.sqrt(2 / runs)
    return (
        f"Between seeds of a row the accuracy has a deviation of {deviation:.2f} points ({freedom} degrees of freedom), so two rows of "
        f"{runs} runs differ at the 95 % level from {least:.2f} points on.")


def copy_logs(rows, folder):
    os.makedirs(folder, exist_ok=True)
    for row in rows:
        for seed, run in zip(row.seeds, row.folders):
            shutil.copyfile(os.path.join(run, "log.csv"), os.path.join(folder, f"{row.name}-{seed}.csv"))


def picture(rows):
    """Mean accuracy after every epoch of some rows, in linear axes."""
    lines = [(row.name, [statistics.mean(values) for values in zip(*row.curves)]) for row in rows if row.name in DRAWN]
    lines.sort(key=lambda line: DRAWN.index(line[0]))
    epochs = max(len(values) for _, values in lines)
    low = 10 * math.floor(min(min(values) for _, values in lines) / 10)
    high = 10 * math.ceil(max(max(values) for _, values in lines) / 10)
    left, right, top, bottom = 60, 560, 60, 420

    def across(epoch):
        return left + (right - left) * (epoch - 1) / max(1, epochs - 1)

    def up(accuracy):
        return bottom - (bottom - top) * (accuracy - low) / (high - low)

    svg = [
        '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="480" viewBox="0 0 800 480" font-family="sans-serif" role="img">',
        "<title>Accuracy on test pictures after every epoch</title>",
        '<rect width="800" height="480" fill="#ffffff"/>',
        '<text x="16" y="28" font-size="18" font-weight="bold" fill="#222222">Accuracy on test pictures after every epoch</text>',
        '<text x="16" y="47" font-size="12.5" fill="#606060">CIFAR-10, 10,000 training pictures, mean of the seeds, %</text>',
    ]
    for accuracy in range(low, high + 1, 10):
        svg.append(f'<path d="M{left} {up(accuracy):.1f}H{right}" stroke="#e0e0e0"/>')
        svg.append(f'<text x="{left - 8}" y="{up(accuracy) + 4:.1f}" font-size="12" text-anchor="end" fill="#606060">{accuracy}</text>')
    for epoch in range(1, epochs + 1):
        svg.append(f'<text x="{across(epoch):.1f}" y="{bottom + 18}" font-size="12" text-anchor="middle" fill="#606060">{epoch}</text>')
    svg.append(f'<text x="{(left + right) / 2}" y="{bottom + 40}" font-size="12.5" text-anchor="middle" fill="#606060">epoch</text>')
    place = top
    for name, values in sorted(lines, key=lambda line: -line[1][-1]):
        colour = COLOURS[DRAWN.index(name)]
        points = " ".join(f"{across(i + 1):.1f},{up(value):.1f}" for i, value in enumerate(values))
        svg.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.75"/>')
        place = max(place, up(values[-1]))
        leader = f"M{across(len(values)):.1f} {up(values[-1]):.1f}L{right + 24} {place:.1f}"
        svg.append(f'<path d="{leader}" stroke="{colour}" stroke-width="0.75"/>')
        svg.append(f'<text x="{right + 28}" y="{place + 4:.1f}" font-size="12" fill="{colour}">{name}, {values[-1]:.1f}</text>')
        place += 16
    svg.append("</svg>")
    return "\n".join(svg) + "\n"


if __name__ == "__main__":
    main()
