"""
Ours and theirs, side by side. run.sh starts this after it has set everything up; see there.
"""

import argparse
import json
import os
import sys

import machine
import rows
import table


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    arguments = parse()
    with open(os.path.join(root, "benchmarks", "side-by-side", "rows.json")) as file:
        known = json.load(file)
    wanted = [row for row in known if selects(arguments.rows, row["id"])]
    if not wanted:
        sys.exit(f"--rows {arguments.rows} names no row; there are {', '.join(row['id'] for row in known)}.")
    for row in wanted:
        row["measure"] = "processor_ms" if arguments.processor_time else "ms"
        row["threads"] = arguments.threads or row.get("threads", 2)
    load, description = os.getloadavg()[0], machine.describe()
    settings = rows.Settings(root, arguments.work, arguments.python, arguments.pairs)
    results = []
    for row in wanted:
        print(f"row {row['id']}: {row['title']}", file=sys.stderr, flush=True)
        results.append(rows.measure(row, settings))
        text = table.markdown(results, description, load, arguments.pairs)
        save(os.path.join(arguments.work, "results.json"), json.dumps(results, indent=1))
        save(os.path.join(arguments.work, "table.md"), text)
    print(text)
    if arguments.write:
        write(os.path.join(root, "docs", "performance.md"), text)


def parse():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("--rows", help="such as 2,3,9; 1 also means 1b; default: all")
    parser.add_argument("--pairs", type=int, default=9, help="how many rounds count; default 9")
    parser.add_argument("--threads", type=int, help="the threads of every row; default: as rows.json says, two almost everywhere")
    parser.add_argument(
        "--processor-time", action="store_true",
        help="compare processor time in place of the clock's: for a look on a busy machine, with --threads 1")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--work", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--python", required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write and (arguments.rows or arguments.threads or arguments.processor_time):
        parser.error("--write is for a run of all rows as rows.json describes them.")
    if arguments.pairs < 2:
        parser.error(f"--pairs is {arguments.pairs}, expected at least 2: quartiles need them.")
    return arguments


def selects(wanted, identity):
    return wanted is None or identity in wanted.split(",") or identity.rstrip("b") in wanted.split(",")


def write(path, text):
    """Replaces what stands between the markers."""
    with open(path) as file:
        page = file.read()
    before, rest = page.split(table.BEGIN)
    _, after = rest.split(table.END)
    save(path, f"{before}{table.BEGIN}\n\n{text}\n{table.END}{after}")


def save(path, text):
    with open(path, "w") as file:
        file.write(text)


main()
