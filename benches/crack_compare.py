#!/usr/bin/env python3
"""Candidates per CPU-second of cookietrail and of flask-unsign, on the same cookie and list.

    python3 -m venv peer && peer/bin/pip install flask-unsign
    cargo build --release
    benches/crack_compare.py target/release/cookietrail peer/bin/flask-unsign

The two run in turn, so that other work on the machine meets both. The secret is the last line of
each list; flask-unsign gets a list of 60,000 lines, cookietrail one of 2 million.
"""

import random
import resource
import statistics
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COOKIE = "eyJ1c2VybmFtZSI6ImFsaWNlIn0.Gbzbzw.vKkf1aSC_g-5hzLEnCTQC4t1L7k"
SECRET = "key"
ROUNDS = 5


def word_list(folder: Path, lines: int) -> Path:
    letters = string.ascii_lowercase + string.digits
    source = random.Random(lines)
    path = folder / f"{lines}.txt"
    words = ("".join(source.choices(letters, k=source.randint(6, 12))) for _ in range(lines - 1))
    path.write_text("\n".join([*words, SECRET, ""]))
    return path


def measure(command: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a command that must find the secret."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=True)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert SECRET.encode() in done.stdout, done
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main() -> None:
    ours, peer = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as name:
        long, short = (word_list(Path(name), lines) for lines in (2_000_000, 60_000))

        def cookietrail(threads: int) -> list[str]:
            options = ["--format", "json", "--wordlist", str(long), "--threads", str(threads)]
            return [ours, "decode", *options, COOKIE]

        unsign = [peer, "--unsign", "--no-literal-eval", "--cookie", COOKIE]
        unsign += ["--wordlist", str(short), "--threads", "1"]
        figures: dict[str, list[float]] = {"cookietrail": [], "flask-unsign": []}
        walls: dict[int, list[float]] = {1: [], 2: []}
        cpus: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(ROUNDS):
            for threads in (1, 2):
                cpu, wall = measure(cookietrail(threads))
                cpus[threads].append(cpu)
                walls[threads].append(wall)
            figures["flask-unsign"].append(60_000 / measure(unsign)[0])
        figures["cookietrail"] = [2_000_000 / cpu for cpu in cpus[1]]
    for name, rates in figures.items():
        print(f"{name:14} {statistics.median(rates):12,.0f} candidates per CPU-second"
              f"   ({min(rates):,.0f} to {max(rates):,.0f})")
    ratio = statistics.median(figures["cookietrail"]) / statistics.median(figures["flask-unsign"])
    print(f"ratio          {ratio:12,.0f}")
    for threads, seconds in walls.items():
        print(f"{threads} thread(s)    {2_000_000 / min(seconds):12,.0f} candidates/s at best,"
              f" {min(cpus[threads]):.3f} CPU-seconds")


if __name__ == "__main__":
    main()
