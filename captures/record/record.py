#!/usr/bin/env python3
"""Record a walk: real servers, real browsers, real packets, on loopback.

    record.py SCENARIO --out DIR      a capture and its truth file
    record.py SCENARIO --no-capture   only the walk, for somebody else to capture

With --no-capture the line `listening on 127.0.0.1:PORT` says that servers and
browsers are up; with --wait the walk begins when a line comes in on stdin.
The exit code is 0 if every step showed what it should and the capture holds
exactly what the server saw.
"""

import argparse
import contextlib
import pathlib
import signal
import sys
import tempfile

import reader
import servers
import truth
from browsers import KINDS
from browsers.chromium import Chromium
from capture import capturing
from scenarios import SCENARIOS, USERS
from walk import StepFailed, Walk

HERE = pathlib.Path(__file__).parent


def main():
    arguments = parse()
    # An end by SIGTERM takes servers and browsers along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scenario = SCENARIOS[arguments.scenario]
    try:
        with tempfile.TemporaryDirectory(prefix="record-") as folder:
            problems = record(arguments, scenario, pathlib.Path(folder, "diary.jsonl"))
    except (StepFailed, RuntimeError, OSError) as error:
        problems = [error]
    for problem in problems:
        print(f"record: {problem}", file=sys.stderr)
    return 1 if problems else 0


def parse():
    parser = argparse.ArgumentParser(description="Record a walk through a demo on loopback.")
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent,
                        help="folder for capture and truth file (default: captures/)")
    parser.add_argument("--port", type=int, default=5000, help="0 takes a free one")
    parser.add_argument("--browsers", type=lambda text: text.split(","),
                        help="kinds of clients, in order: chromium,firefox,curl")
    parser.add_argument("--truth", type=pathlib.Path, help="where to write the truth file")
    parser.add_argument("--no-capture", action="store_true", help="walk without capturing")
    parser.add_argument("--wait", action="store_true", help="begin when a line comes on stdin")
    arguments = parser.parse_args()
    kinds = arguments.browsers
    if kinds and (set(kinds) - set(KINDS) or len(kinds) > len(USERS)):
        parser.error(f"--browsers: choose up to {len(USERS)} of {', '.join(KINDS)}")
    if kinds and SCENARIOS[arguments.scenario].fixed:
        parser.error(f"--browsers: {arguments.scenario} needs the clients it has")
    arguments.port = arguments.port or servers.free_port()
    return arguments


def record(arguments, scenario, diary):
    """Run the scenario; return the list of what went wrong."""
    port = arguments.port
    walk = Walk(f"http://{scenario.host}:{port}")
    captured = None
    with contextlib.ExitStack() as stack:
        stack.enter_context(scenario.server(scenario.app, port, diary))
        clients = start_clients(stack, scenario, arguments.browsers)
        if not arguments.no_capture:
            arguments.out.mkdir(parents=True, exist_ok=True)
            captured = stack.enter_context(capturing(arguments.out / scenario.file, port))
        print(f"listening on 127.0.0.1:{port}", flush=True)
        if arguments.wait and not sys.stdin.readline():
            raise RuntimeError("stdin ended before the word to begin")
        scenario.story(walk, clients)
    return write_truth(arguments, scenario, captured, diary, clients, walk.steps)


def start_clients(stack, scenario, kinds):
    """The scenario's clients, or one of each kind asked for."""
    chosen = list(numbered(kinds)) if kinds else scenario.clients
    clients = []
    for name, kind in chosen:
        private = name.endswith("-private")
        client = Chromium(name, private=True) if private else KINDS[kind](name)
        stack.callback(client.close)
        clients.append(client)
    return clients


def numbered(kinds):
    """A (name, kind) for each kind; the second of a kind is called `kind-2`."""
    for at, kind in enumerate(kinds):
        again = kinds[:at].count(kind)
        yield (f"{kind}-{again + 1}" if again else kind), kind


def write_truth(arguments, scenario, captured, diary, clients, steps):
    """Write the truth file; return what does not fit together."""
    described, requests = truth.read_diary(diary)
    problems = [f"request {n}: no process owns its socket" for n in truth.unowned(requests)]
    files = []
    if captured:
        facts = reader.examine(captured.path, arguments.port)
        mine = reader.packets_of(captured.path, arguments.port)
        problems += reader.complaints(facts, mine, len(requests))
        files = [{**facts, "command": captured.command, "remarks": captured.remarks}]
    path = arguments.truth
    if path is None and captured:
        path = arguments.out / f"{arguments.scenario}.truth.json"
    if path:
        whole = truth.build(
            arguments.scenario, scenario, files, (described, requests), clients, steps
        )
        truth.write(whole, path)
    return problems


if __name__ == "__main__":
    sys.exit(main())
