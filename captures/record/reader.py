"""A second opinion on a finished capture: what tshark finds in it."""

import hashlib
import subprocess


def examine(path, port):
    """Size, digest, counts, and every address and port that speaks in the file."""
    data = path.read_bytes()
    fields = _fields(path, "frame", port, "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport",
                     "tcp.stream")
    ends = {(source, int(sport)) for source, _, sport, _, _ in fields}
    ends |= {(target, int(dport)) for _, target, _, dport, _ in fields}
    return {
        "file": path.name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "packets": len(fields),
        "addresses": sorted({address for address, _ in ends}),
        "connections": len({stream for *_, stream in fields}),
        "tshark": {
            "requests": len(_fields(path, "http.request", port, "frame.number")),
            "responses": len(_fields(path, "http.response", port, "frame.number")),
        },
    }


def complaints(facts, port_packets, requests):
    """What is wrong with a capture, given how many requests the server saw."""
    found = facts["tshark"]
    if found["requests"] != requests:
        yield f"tshark finds {found['requests']} requests, the server saw {requests}"
    if found["responses"] != requests:
        yield f"tshark finds {found['responses']} responses to {requests} requests"
    if facts["addresses"] != ["127.0.0.1"]:
        yield f"other addresses than loopback: {facts['addresses']}"
    if port_packets != facts["packets"]:
        yield f"{facts['packets'] - port_packets} packets are of another port"


def packets_of(path, port):
    """How many packets go from or to the port."""
    return len(_fields(path, f"tcp.port == {port}", port, "frame.number"))


def _fields(path, condition, port, *names):
    """The named fields of each packet that meets the condition."""
    command = ["tshark", "-n", "-r", str(path), "-d", f"tcp.port=={port},http",
               "-Y", condition, "-T", "fields"]
    for name in names:
        command += ["-e", name]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [tuple(line.split("\t")) for line in lines.splitlines()]
