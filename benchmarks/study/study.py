"""
Makes the table and the picture of a study that study.sh has trained, from the logs of its runs.

    python3 benchmarks/study/study.py out/nonlocal cifar10-comparison runs --logs docs/results/cifar10-comparison \\
        --picture docs/images/cifar10-comparison.svg --draw none,deeper-resnet26,non-local

Rows are those of STUDY.txt that have at least one finished run. Accuracy is that of the last epoch, not the best one, so that no run is
stopped where it does well on what it is tested on.
"""

import argparse
import csv
import json
import math
import os
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
COLOURS = ["#222222", "#777777", "#0072b2", "#d55e00", "#009e73", "#cc79a7"]

# Two-sided 95 % points of Student's distribution, by degrees of freedom.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 8: 2.31, 10: 2.23, 15: 2.13, 20: 2.09, 25: 2.06, 30: 2.04, 60: 2.00}


def main():
    options = parse()
    rows = []
    for name in names(options.study):
        runs = finished(options.runs, name)
        if runs:
            rows.append(Row(name, runs, summary(options.nonlocal_program, runs[0][1])))
    print(table(rows))
    print()
    print(spread([row for row in rows if row.name not in options.apart.split(",")]))
    if options.logs:
        copy_logs(rows, options.logs)
    if options.picture:
        with open(options.picture, "w", encoding="utf-8") as file:
            file.write(picture(rows, options.draw.split(",") if options.draw else [row.name for row in rows[:len(COLOURS)]]))


class Row:
    """One row: its runs' accuracies after every epoch, by seed or fold, and what the network costs."""

    def __init__(self, name, runs, cost):
        self.name, self.cost = name, cost
        self.folders = dict(runs)
        logs = [evaluations(folder) for folder in self.folders.values()]
        self.curves = [[100 * float(line["top1"]) for line in log] for log in logs]
        self.last = dict(zip(self.folders, (curve[-1] for curve in self.curves)))
        self.seconds = min(seconds for log in logs for seconds in epoch_seconds(log))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.strip().split("\n")[0])
    parser.add_argument("nonlocal_program", metavar="NONLOCAL", help="the nonlocal command")
    parser.add_argument("study", metavar="STUDY", help="its name, as study.sh was given it")
    parser.add_argument("runs", metavar="RUNS", help="the folder that study.sh was given")
    parser.add_argument("--apart", metavar="ROWS", default="", help="rows that the spread leaves out, with commas: whose runs broke down")
    parser.add_argument("--logs", help="a folder that the ends of epochs of the logs are copied to")
    parser.add_argument("--picture", help="an SVG file for the curves")
    parser.add_argument("--draw", metavar="ROWS", help="up to six rows of the picture, with commas; the first six otherwise")
    return parser.parse_args()


def names(study):
    with open(os.path.join(HERE, f"{study}.txt"), encoding="utf-8") as file:
        return [line.split()[0] for line in file if line.strip() and not line.startswith("#")]


def finished(runs, name):
    """The row's finished runs: pairs of seed (or fold) and folder."""
    found = []
    for entry in sorted(os.listdir(runs)):
        start, _, value = entry.rpartition("-")
        if start == name and value.isdigit() and os.path.exists(os.path.join(runs, entry, "done")):
            found.append((int(value), os.path.join(runs, entry)))
    return found


def evaluations(folder):
    with open(os.path.join(folder, "log.csv"), encoding="utf-8", newline="") as file:
        return [line for line in csv.DictReader(file) if line["top1"]]


def epoch_seconds(log):
    """What each epoch took. Of these the table has the least: other work on the machine only adds."""
    ends = [0.0] + [float(line["seconds"]) for line in log]
    return [after - before for before, after in zip(ends, ends[1:])]


def summary(program, folder):
    checkpoint = os.path.join(folder, "last.safetensors")
    text = subprocess.run(
        [program, "summary", checkpoint, "--json"], check=True, capture_output=True, text=True).stdout
    modules = json.loads(text)["modules"]
    return sum(module["parameters"] for module in modules), sum(module["flops"] for module in modules) / 1e6


def table(rows):
    first = rows[0]
    lines = [
        f"| row | runs | accuracy, % | lowest to highest | above {first.name} | parameters | MFLOP a sample | least seconds an epoch |",
        "|---|---:|---:|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        last = list(row.last.values())
        both = [value for value in row.last if value in first.last]
        above = f"{statistics.mean(row.last[value] - first.last[value] for value in both):+.2f}" if both else ""
        parameters, operations = row.cost
        lines.append(
            f"| {row.name} | {len(last)} | {statistics.mean(last):.2f} | {min(last):.2f} to {max(last):.2f} | {above} "
            f"| {parameters:,} | {operations:.1f} | {row.seconds:.1f} |")
    return "\n".join(lines)


def spread(rows):
    """
    The deviation that remains when every row and every seed (or fold) has an effect of its own (a randomised block design), and the
    difference of two rows' means that it can resolve. Of the rows that have all runs.
    """
    values = sorted({value for row in rows for value in row.last})
    whole = [[row.last[value] for value in values] for row in rows if len(row.last) == len(values)]
    freedom = (len(whole) - 1) * (len(values) - 1)
    if freedom <= 0:
        return "Too few finished runs to say anything about spread."
    everything = statistics.mean(statistics.mean(row) for row in whole)
    columns = [statistics.mean(column) - everything for column in zip(*whole)]
    rest = sum((accuracy - statistics.mean(row) - column) ** 2 for row in whole for accuracy, column in zip(row, columns))
    deviation = math.sqrt(rest / freedom)
    student = STUDENT[max(key for key in STUDENT if key <= freedom)]
    least = student * deviation * math.sqrt(2 / len(values))
    return (
        f"Beside the effects of a row and of a seed or fold, the accuracy of a run has a deviation of {deviation:.2f} points ({freedom} "
        f"degrees of freedom), so two rows of {len(values)} runs differ at the 95 % level from {least:.2f} points on.")


def copy_logs(rows, folder):
    """The ends of epochs, where evaluations stand."""
    os.makedirs(folder, exist_ok=True)
    for row in rows:
        for value, run in row.folders.items():
            log = evaluations(run)
            with open(os.path.join(folder, f"{row.name}-{value}.csv"), "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, log[0].keys(), lineterminator="\n")
                writer.writeheader()
                writer.writerows(log)


def picture(rows, drawn):
    """Mean accuracy after every epoch of some rows, in linear axes."""
    lines = [(row.name, [statistics.mean(values) for values in zip(*row.curves)]) for row in rows if row.name in drawn]
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
        "<title>Accuracy on test data after every epoch</title>",
        '<rect width="800" height="480" fill="#ffffff"/>',
        '<text x="16" y="28" font-size="18" font-weight="bold" fill="#222222">Accuracy on test data after every epoch</text>',
        '<text x="16" y="47" font-size="12.5" fill="#606060">mean of the runs, %</text>',
    ]
    for accuracy in range(low, high + 1, 10):
        svg.append(f'<path d="M{left} {up(accuracy):.1f}H{right}" stroke="#e0e0e0"/>')
        svg.append(f'<text x="{left - 8}" y="{up(accuracy) + 4:.1f}" font-size="12" text-anchor="end" fill="#606060">{accuracy}</text>')
    for epoch in range(1, epochs + 1, 1 + epochs // 20):
        svg.append(f'<text x="{across(epoch):.1f}" y="{bottom + 18}" font-size="12" text-anchor="middle" fill="#606060">{epoch}</text>')
    svg.append(f'<text x="{(left + right) / 2}" y="{bottom + 40}" font-size="12.5" text-anchor="middle" fill="#606060">epoch</text>')
    place = top
    for name, values in sorted(lines, key=lambda line: -line[1][-1]):
        colour = COLOURS[drawn.index(name)]
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
