#!/usr/bin/env python3
"""Fill the corpus of one fuzz target from what the repository has: TARGET FOLDER.

Captures are cut to their first kilobytes. The session targets have `corpus_from_vectors.py`.
"""

import gzip
import struct
import sys
import zlib
from pathlib import Path

here = Path(__file__).parent
root = here.parent.parent
target, folder = sys.argv[1], Path(sys.argv[2])


def put(name, data):
    path = folder / f"seed-{name}"
    if not path.exists():
        path.write_bytes(data)


def captures():
    found = sorted((root / "captures").glob("*.pcap*"))
    found += sorted((root / "../shared/captures-public").glob("*/**/*.pcap*"))
    return [(path.name, path.read_bytes()) for path in found if path.stat().st_size < 600_000]


def records(data):
    """The packets of a classic pcap file, little end first."""
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        return
    link, at = data[20], 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        yield link, data[at + 16 : at + 16 + size]
        at += 16 + size


if target in ("capture_file", "street"):
    for name, data in captures():
        put(name, data[:30_000])
        if target == "capture_file":
            put(name + ".gz", gzip.compress(data[:8_000], mtime=0))
elif target == "packets":
    for name, data in captures():
        some = [(link, packet) for link, packet in records(data) if len(packet) < 65_536][:12]
        put(name, b"".join(bytes([l]) + struct.pack("<H", len(p)) + p for l, p in some))
elif target == "content":
    text = b"<html>" + b"You are not logged in. " * 40
    raw = zlib.compressobj(wbits=-15)
    put("gzip", b"gzip\n" + gzip.compress(text, mtime=0))
    put("zlib", b"deflate\n" + zlib.compress(text))
    put("raw", b"deflate\n" + raw.compress(text) + raw.flush())
    put("twice", b"gzip, gzip\n" + gzip.compress(gzip.compress(text, mtime=0), mtime=0))
    put("bomb", b"gzip\n" + gzip.compress(bytes(1 << 20), mtime=0))
    for coding in (b"br", b"zstd", b"identity", b"x-gzip", b"gzip,deflate,br,zstd,gzip"):
        put(coding.decode(), coding + b"\n" + text)
elif target == "conversation":
    get = b"GET / HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n"
    post = b"POST /p HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhel\x03lo"
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n"
    for name, text in {
        "plain": get + b"\x01" + ok,
        "pipelined": get + post + get + b"\x01" + ok + chunked + ok,
        "hole": get + b"\x01" + ok[:60] + b"\x02\x05" + ok + b"\x01\x04" + b"\x01\x04",
        "connect": b"CONNECT a:80 HTTP/1.1\r\n\r\n\x01HTTP/1.1 200 OK\r\n\r\n\x01" + get + b"\x01" + ok,
        "interim": post + b"\x01HTTP/1.1 100 Continue\r\n\r\n" + ok,
        "close": get + b"\x01HTTP/1.0 200 OK\r\n\r\nall of it\x04",
        "upgrade": get + b"\x01HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
        "smuggled": post.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + b"\x01" + ok,
    }.items():
        put(name, text)
elif target == "segments":
    put("in-order", b"".join(bytes([side, 0, 0, 20, 0]) for side in (2, 3, 0, 1, 0, 1, 4, 5)))
    put("late", b"".join(bytes([0, step * 80 % 256, 0, 9, 0]) for step in (2, 5, 3, 1, 0, 4)))
