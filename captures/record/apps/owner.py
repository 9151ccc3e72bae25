"""Who is at the other end of a loopback connection?

The kernel knows: /proc/net/tcp names the inode of the client's socket, and
/proc/PID/fd says which process holds it. The recorder tags every client it
starts with an environment variable; the process that holds the socket, or one
of its parents, carries the tag.
"""

import os

from environment import TAG


def client_of(port, server_port):
    """The tag of the process whose socket goes from `port` to `server_port`."""
    inode = _inode(port, server_port)
    pid = inode and _holder(f"socket:[{inode}]")
    while pid and pid > 1:
        tag = _tag(pid)
        if tag:
            return tag
        pid = _parent(pid)
    return None


def _inode(port, server_port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            fields = line.split()
            local = int(fields[1].split(":")[1], 16)
            remote = int(fields[2].split(":")[1], 16)
            if (local, remote) == (port, server_port) and fields[9] != "0":
                return fields[9]
    return None


def _holder(socket):
    for entry in os.listdir("/proc"):
        if entry.isdigit() and _holds(f"/proc/{entry}/fd", socket):
            return int(entry)
    return None


def _holds(folder, socket):
    try:
        return any(_target(f"{folder}/{fd}") == socket for fd in os.listdir(folder))
    except OSError:
        return False


def _target(link):
    try:
        return os.readlink(link)
    except OSError:
        return None


def _tag(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            for entry in file.read().split(b"\0"):
                name, _, value = entry.partition(b"=")
                if name == TAG.encode():
                    return value.decode()
    except OSError:
        pass
    return None


def _parent(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in parentheses may itself hold blanks and parentheses.
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None
