"""What the machine is, and how busy it is with other work."""

import os
import platform
import re
import subprocess
import time


def text_of(*command):
    """What a command prints, or nothing where there is no such command."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def busy_share(seconds=1.0):
    """The share of all processors' time that others use while this program sleeps."""
    before = processor_times()
    time.sleep(seconds)
    difference = [after - start for start, after in zip(before, processor_times())]
    idle = difference[3] + difference[4]
    return 1 - idle / max(1, sum(difference))


def processor_times():
    with open("/proc/stat") as stat:
        return [int(number) for number in stat.readline().split()[1:9]]


def describe():
    """Processor, caches, memory, system and commit, as (name, value) pairs."""
    processor = text_of("lscpu")

    def field(name):
        match = re.search(rf"^{re.escape(name)}:\s+(.*)$", processor, re.MULTILINE)
        return match.group(1) if match else "unknown"

    folder = os.path.dirname(os.path.abspath(__file__))
    commit = text_of("git", "-C", folder, "rev-parse", "--short=10", "HEAD")
    changed = text_of("git", "-C", folder, "status", "--porcelain", "--untracked-files=no")
    caches = ", ".join(f"{level} {field(f'{level} cache')}" for level in ("L1d", "L2", "L3"))
    return [
        ("processor", f"{field('Model name')} (family {field('CPU family')}, model {field('Model')}), {os.cpu_count()} processors"),
        ("caches", caches),
        ("system", f"{platform.system()} {platform.release()}, Python {platform.python_version()}"),
        ("commit", commit + (" with changes" if changed else "")),
    ]
