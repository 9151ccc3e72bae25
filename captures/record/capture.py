"""Listening on loopback while the walk goes on.

dumpcap writes pcapng, tcpdump writes pcap: the suffix of the file decides.
"""

import contextlib
import getpass
import re
import signal
import subprocess
import time

from discreet import make_discreet

READY = re.compile(r"^(File: |listening on|tcpdump: listening on)")
# Both programs announce themselves a moment before they really listen.
SETTLE = 1.0
# Packets still in the kernel's buffer when the walk ends.
TAIL = 0.5


class Capture:
    """A running capture of one port; `command` and `remarks` go to the truth."""

    def __init__(self, path, port):
        self.path = path
        condition = f"tcp port {port}"
        if path.suffix == ".pcapng":
            command = ["dumpcap", "-q", "-n", "-i", "lo", "-f", condition, "-w"]
        else:
            command = ["tcpdump", "-n", "-i", "lo", "-U", "-Z", getpass.getuser(),
                       "--immediate-mode", "-w"]
        trailing = [] if path.suffix == ".pcapng" else [condition]
        self.command = [*command, path.name, *trailing]
        self.remarks = []
        self.process = subprocess.Popen(
            [*command, str(path), *trailing], stderr=subprocess.PIPE, text=True
        )
        self._await_ready()

    def stop(self):
        time.sleep(TAIL)
        self.process.send_signal(signal.SIGINT)
        for line in self.process.stderr:
            if line[0].isdigit() or line.startswith("Packets"):
                self.remarks.append(line.strip())
        self.process.wait()
        self.path.chmod(0o644)
        if self.path.suffix == ".pcapng":
            make_discreet(self.path)

    def _await_ready(self):
        said = []
        for line in self.process.stderr:
            if READY.match(line):
                time.sleep(SETTLE)
                return
            said.append(line)
        raise RuntimeError(f"{self.command[0]} did not start: {''.join(said)}")


@contextlib.contextmanager
def capturing(path, port):
    """Capture to `path` for the length of the block."""
    capture = Capture(path, port)
    try:
        yield capture
    finally:
        capture.stop()
