"""Leaving out of a pcapng file what it says about the recording machine.

dumpcap notes the processor and the kernel in the section header, and the
kernel again with the interface. Nobody needs them to read the packets.
"""

import struct

SECTION, INTERFACE = 0x0A0D0D0A, 1
# Length of the fixed part that precedes the options, by type of block.
FIXED = {SECTION: 16, INTERFACE: 8}
# Option codes to leave out: shb_hardware and shb_os; if_os and if_hardware.
SECRET = {SECTION: {2, 3}, INTERFACE: {12, 15}}


def make_discreet(path):
    """Rewrite the file without the options that describe the machine."""
    data = path.read_bytes()
    path.write_bytes(b"".join(_cleaned(kind, body) for kind, body in _blocks(data)))


def _blocks(data):
    """The (type, body) of each block; dumpcap writes little-endian here."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        yield kind, data[at + 8 : at + length - 4]
        at += length


def _cleaned(kind, body):
    if kind in SECRET:
        body = body[: FIXED[kind]] + _options(body[FIXED[kind] :], SECRET[kind])
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _options(data, secret):
    """The options that are not secret, padding and end mark included."""
    kept, at = [], 0
    while at < len(data):
        code, length = struct.unpack_from("<HH", data, at)
        end = at + 4 + (length + 3) // 4 * 4
        if code not in secret:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)
