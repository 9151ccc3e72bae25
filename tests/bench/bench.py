#!/usr/bin/env python3
"""Measures cookietrail beside `cat`, tcpdump, tshark and other peers, in one interleaved run.

    bench.py                              every corpus at a tenth of its full size, three rounds
    bench.py --scale 1 --corpora web      the full 1 GB
    bench.py --rounds 5 --peers cat,tcpdump

Corpora come from the generator in ../shared/bench (deterministic, kept in bench-data/ for the next
run). Each round runs every program once on every corpus, so that what else the machine does falls
on all alike; the table shows the median of the rounds, the ratio to cookietrail, and the peak of
memory. Nothing here is asserted: it is for reading.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT.parent / "shared" / "bench" / "gen_corpus.py"
PROGRAM = ROOT / "target" / "release" / "cookietrail"
DATA = ROOT / "bench-data"

# Full sizes of the generator's presets; many-flows is measured in connections instead.
FULL_MB = {"web": 1000, "small-bodies": 200, "hostile": 300, "bulk": 1000}
FULL_CONNECTIONS = 1_000_000

TSHARK_FIELDS = (
    "frame.number frame.time_epoch http.request.method http.request.full_uri http.cookie "
    "http.response.code http.location http.set_cookie"
).split()


def corpus(name, scale):
    """The file of a corpus, generated if it is not there yet."""
    path = DATA / f"{name}-{scale:g}.pcap"
    if path.exists():
        return path
    DATA.mkdir(exist_ok=True)
    command = [sys.executable, str(GENERATOR), "--preset", name, "-o", str(path)]
    if name in FULL_MB:
        command += ["--size", f"{max(1, round(FULL_MB[name] * scale))}M"]
    else:
        command += ["--connections", str(max(1000, round(FULL_CONNECTIONS * scale)))]
    print(f"generating {path.name} …", file=sys.stderr)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def commands(path, slow):
    """Every program that is installed, with the command line that does the work."""
    file = str(path)
    fields = [word for field in TSHARK_FIELDS for word in ("-e", field)]
    table = {
        "cookietrail exchanges": [str(PROGRAM), "exchanges", file],
        "cookietrail analyze": [str(PROGRAM), "analyze", "--format", "json", file],
        "cat": ["cat", file],
        "tcpdump": ["tcpdump", "-n", "-r", file, "tcp and port 1"],
        "tcptrace": ["tcptrace", "-n", file],
        "tcpflow": ["tcpflow", "-r", file, "-c"],
        "httpry": ["httpry", "-r", file],
        "tshark": ["tshark", "-n", "-r", file, "-o", "tcp.reassemble_out_of_order:TRUE",
                   "-Y", "http", "-T", "fields", *fields],
    }
    rare = {"tshark", "tcpflow", "tcptrace"}
    return {
        name: command for name, command in table.items()
        if shutil.which(command[0]) and (slow or name not in rare)
    }


def run(command):
    """Wall seconds and peak resident mebibytes of one run."""
    start = time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
        _, _, usage = os.wait4(child.pid, 0)
    return time.monotonic() - start, usage.ru_maxrss / 1024


def measure(path, rounds, wanted):
    """Medians by program."""
    seen = {}
    for number in range(rounds):
        # Slow peers once: their figure is orders of magnitude away from any noise.
        for name, command in commands(path, slow=number == 0).items():
            if wanted and name not in wanted and not name.startswith("cookietrail"):
                continue
            seen.setdefault(name, []).append(run(command))
    return {
        name: (statistics.median(t for t, _ in runs), max(m for _, m in runs), len(runs))
        for name, runs in seen.items()
    }


def report(path, figures):
    """The table of one corpus."""
    own = figures["cookietrail exchanges"][0]
    print(f"\n{path.name}  ({path.stat().st_size / 1e6:.0f} MB)")
    print(f"  {'program':24}{'seconds':>10}{'x exchanges':>13}{'peak MiB':>10}{'runs':>6}")
    for name, (seconds, memory, runs) in sorted(figures.items(), key=lambda item: item[1][0]):
        print(f"  {name:24}{seconds:>10.3f}{seconds / own:>13.2f}{memory:>10.1f}{runs:>6}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpora", default="web,small-bodies,hostile,bulk,many-flows")
    parser.add_argument("--scale", type=float, default=0.1, help="1 is the full size")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="", help="only these peers, by the names in the table")
    options = parser.parse_args()
    if not GENERATOR.exists():
        sys.exit("bench: ../shared/bench/gen_corpus.py is not here, and without it no corpus")
    if not PROGRAM.exists():
        sys.exit("bench: build it first: cargo build --release")
    wanted = [name for name in options.peers.split(",") if name]
    for name in options.corpora.split(","):
        path = corpus(name, options.scale)
        # Into the page cache; by a program of its own, since what this one holds counts as the peak
        # of its children.
        subprocess.run(["cat", str(path)], stdout=subprocess.DEVNULL, check=True)
        report(path, measure(path, options.rounds, wanted))


if __name__ == "__main__":
    main()
