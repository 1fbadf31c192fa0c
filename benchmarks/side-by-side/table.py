"""Results as a markdown table."""

import datetime

BUSY = 0.05
BEGIN, END = "<!-- side-by-side: written by benchmarks/side-by-side/run.sh --write -->", "<!-- side-by-side: end -->"


def markdown(results, description, load, pairs):
    """Header and table."""
    lines = header(results, description, load, pairs)
    lines += [
        "| row | what | ours ÷ best peer (quartiles) | target | ours, ms | PyTorch, ms | ONNX Runtime, ms | floor, ms | floor ÷ ours "
        "| arena, MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [line(result, floor(result, results)) for result in results]
    lines += [*gain(results), *allocation(results), ""]
    problems = [f"- row {result['row']['id']}: {problem}" for result in results for problem in result["problems"]]
    if problems:
        lines += ["Not measured:", "", *problems, ""]
    return "\n".join(lines)


def header(results, description, load, pairs):
    measured = [result for result in results if "peak" in result]
    versions = {name: version for result in measured for name, version in result["versions"].items()}
    blas = next((result["blas"] for result in measured if result["blas"]), [])
    busy = max(result["busy"] for result in results)
    lines = [f"- {name}: {value}" for name, value in description]
    lines.append("- versions: " + ", ".join(f"{label(name)} {version}" for name, version in sorted(versions.items())))
    if blas:
        lines.append(f"- BLAS that PyTorch has loaded: {', '.join(path.rsplit('/', 1)[-1] for path in blas)}")
    lines.append(f"- date: {datetime.date.today()}; load average before the run {load:.2f}; median of {pairs} rounds")
    for threads in sorted({result["row"]["threads"] for result in measured}):
        peak, bandwidth = limits(threads, measured)
        lines.append(
            f"- {threads} thread{'s' if threads > 1 else ''}: peak {peak / 1e9:.0f} GFLOP/s "
            f"({measured[0]['vector_bits']}-bit registers), bandwidth {bandwidth / 1e9:.1f} GB/s")
    if results[0]["row"]["measure"] == "processor_ms":
        lines += ["", "Times are processor time, of all threads together, not the clock's."]
    if busy > BUSY:
        lines += ["", f"**Busy machine**: up to {busy:.0%} of the processors' time went to other work before a row. Not a result."]
    return [*lines, ""]


def limits(threads, results):
    """The highest peak and bandwidth that were measured with so many threads."""
    alike = [result for result in results if "peak" in result and result["row"]["threads"] == threads]
    return max(result["peak"] for result in alike), max(result["bandwidth"] for result in alike)


def floor(result, results):
    """The least time of a row, in milliseconds: arithmetic at the peak, or bytes at the bandwidth."""
    if "peak" not in result:
        return None
    peak, bandwidth = limits(result["row"]["threads"], results)
    return max(result["flops"] / peak, result["bytes"] / bandwidth) * 1e3


def label(name):
    return {"pytorch": "PyTorch", "onnxruntime": "ONNX Runtime"}.get(name, name)


def line(result, least):
    row, ms = result["row"], result.get("ms", {})
    if "compile" in result:
        times = result["compile"]
        return cells(row, "", f"{times['first']:.0f} first, {times['second']:.0f} second")
    ratio = f"**{result['ratio']:.2f}** ({result['quartiles'][0]:.2f}–{result['quartiles'][1]:.2f})" if "ratio" in result else ""
    return cells(
        row,
        ratio,
        number(ms.get("ours")),
        peer(result, "pytorch"),
        peer(result, "onnxruntime"),
        number(least),
        f"{least / ms['ours']:.2f}" if least else "",
        f"{result['arena'] / 1e6:.1f}" if "arena" in result else "")


def cells(row, ratio, ours="", pytorch="", onnx="", floor="", fraction="", arena=""):
    title = row["title"] + (f" ({row['note']})" if "note" in row else "")
    return f"| {row['id']} | {title} | {ratio} | {row.get('target', '')} | {ours} | {pytorch} | {onnx} | {floor} | {fraction} | {arena} |"


def peer(result, side):
    if side not in result.get("ms", {}):
        return "–" if side in result["row"]["peers"] else ""
    variant = result.get("variants", {}).get(side)
    return number(result["ms"][side]) + (f" ({variant})" if side == "pytorch" and variant else "")


def number(ms):
    return "" if ms is None else f"{ms:.2f}" if ms < 100 else f"{ms:.0f}"


def gain(results):
    """What the second thread brings to the matrix product, against what it brings to the peak."""
    found = {result["row"]["id"]: result for result in results if "peak" in result}
    if "1" not in found or "1b" not in found:
        return []
    one, two = found["1"], found["1b"]
    product, peak = one["ms"]["ours"] / two["ms"]["ours"], two["peak"] / one["peak"]
    return [f"| 1 | gain of the second thread ÷ the peak's own | {product:.2f} ÷ {peak:.2f} = **{product / peak:.2f}** | | | | | | | |"]


def allocation(results):
    measured = [result for result in results if "allocated" in result]
    if not measured:
        return []
    most = max(result["allocated"] for result in measured)
    title = f"allocated on the calling thread by a steady run: the most of the {len(measured)} rows above"
    return [f"| 15 | {title} | {most} bytes | | | | | | | |"]
