"""Results as markdown, printed or put into docs/results.md, and of every picture as a table of values separated by commas."""

import csv
import datetime
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "side-by-side"))

import machine  # noqa: E402

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs")
PAGE = os.path.join(DOCS, "results.md")
TABLE = os.path.join(DOCS, "results", "denoising.csv")
BEGIN, END = "<!-- denoising: written by benchmarks/denoising/run.sh --write -->", "<!-- denoising: end -->"
BUSY = 0.05

# A method and the one of ours that it is compared with: from the same samples.
PEERS = {"scikit-image fast": "ours", "scikit-image slow": "ours", "OpenCV": "ours 8 bit"}
COLUMNS = ["ours", "scikit-image fast", "scikit-image slow", "ours 8 bit", "OpenCV", "ours, article", "ours pixelwise"]


def markdown(quality, timing):
    parts = [quality_part(quality)] if quality else []
    parts += [timing_part(timing)] if timing else []
    return "\n\n".join(parts) + "\n"


def quality_part(results):
    cases = {}
    for result in results:
        cases.setdefault((result["picture"], result["sigma"]), {})[result["method"]] = result
    lines = ["| pictures | σ | " + " | ".join(COLUMNS) + " |", "|---|---|" + "---|" * len(COLUMNS)]
    for name in dict.fromkeys(picture.split("/")[0] for picture, _ in cases):
        for sigma in dict.fromkeys(sigma for _, sigma in cases):
            chosen = [case for (picture, level), case in cases.items() if picture.startswith(name + "/") and level == sigma]
            if chosen:
                means = " | ".join(mean(chosen, column) for column in COLUMNS)
                lines.append(f"| {name}, mean of {len(chosen)} | {sigma} | {means} |")
    return "\n".join([*lines, "", *wins(cases)])


def mean(cases, column):
    found = [case[column] for case in cases if column in case]
    if not found:
        return "–"
    psnr, ssim = (statistics.mean(result[measure] for result in found) for measure in ("psnr", "ssim"))
    return f"{psnr:.2f} / {ssim:.4f} (h = {found[0]['h']:.2f} σ)"


def wins(cases):
    """Where ours is at least as good as every peer from the same samples, and by how much it is behind elsewhere."""
    behind = []
    compared = 0
    for (picture, sigma), case in cases.items():
        for peer, own in PEERS.items():
            if peer in case and own in case:
                compared += 1
                lead = case[own]["psnr"] - case[peer]["psnr"]
                if lead < 0:
                    behind.append(f"{picture}, σ {sigma}: {-lead:.3f} dB behind {peer}")
    lines = [f"Ours has at least the peer's PSNR in {compared - len(behind)} of {compared} comparisons of a picture, a σ and a peer."]
    return lines + ["", *(f"- {line}" for line in behind)] if behind else lines


def timing_part(results):
    busy = machine.busy_share()
    lines = [f"- {name}: {value}" for name, value in machine.describe()]
    lines.append(f"- date: {datetime.date.today()}; median of {len(results[0]['rounds']['ours'])} rounds; two threads")
    if busy > BUSY:
        lines += ["", f"**Busy machine**: {busy:.0%} of the processors' time went to other work after the last round. Times say little, "
                  "ratios more."]
    names = list(results[0]["rounds"])
    titles = [f"{name}, ms (of processor time)" for name in names] + [f"ours ÷ {peer} (quartiles)" for peer in names[1:3]]
    lines += ["", "| picture | " + " | ".join(titles) + " |", "|---|" + "---|" * len(titles)]
    for result in results:
        rounds = result["rounds"]
        times = " | ".join(f"{middle(rounds[name], 'ms')} ({middle(rounds[name], 'processor_ms')})" for name in names)
        ratios = " | ".join(ratio(rounds, peer) for peer in names[1:3])
        lines.append(f"| {result['size']} × {result['size']} | {times} | {ratios} |")
    return "\n".join(lines)


def middle(measured, what):
    return f"{statistics.median(one[what] for one in measured):.1f}"


def ratio(rounds, peer):
    ratios = [own["ms"] / other["ms"] for own, other in zip(rounds["ours"], rounds[peer])]
    low, median, high = statistics.quantiles(ratios, n=4)
    return f"**{median:.3f}** ({low:.3f}–{high:.3f})"


def write(text, quality):
    """Between the marks of docs/results.md, and every picture into docs/results/denoising.csv."""
    with open(PAGE) as page:
        before, rest = page.read().split(BEGIN)
    after = rest.split(END)[1]
    with open(PAGE, "w") as page:
        page.write(f"{before}{BEGIN}\n\n{text}\n{END}{after}")
    with open(TABLE, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["picture", "sigma", "method", "h", "psnr", "ssim"])
        for result in sorted(quality or [], key=lambda each: (each["picture"], each["sigma"], COLUMNS.index(each["method"]))):
            table.writerow([
                result["picture"], result["sigma"], result["method"], result["h"], f"{result['psnr']:.3f}", f"{result['ssim']:.4f}"])
