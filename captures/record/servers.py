"""The servers under watch: each runs one app on one loopback port.

A server is a context manager; inside, it answers; afterwards it is gone.
"""

import contextlib
import os
import pathlib
import socket
import string
import subprocess
import sys
import tempfile
import time

from apps.environment import DIARY, PORT

APPS = pathlib.Path(__file__).parent / "apps"
START_TIMEOUT = 20


class NotUp(Exception):
    """A server is not ready in time."""


def free_port():
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@contextlib.contextmanager
def development(app, port, diary):
    """Flask's own development server: one request per connection."""
    command = [sys.executable, "-m", "flask", "--app", app, "run", "--port", str(port)]
    with _running(command, port, diary):
        _await_port(port)
        yield


@contextlib.contextmanager
def behind_nginx(app, port, diary):
    """gunicorn on a unix socket, nginx before it on the port."""
    with tempfile.TemporaryDirectory(prefix="nginx-") as folder:
        config = string.Template((APPS / "nginx.conf").read_text())
        path = pathlib.Path(folder, "nginx.conf")
        path.write_text(config.substitute(port=port, folder=folder))
        backend = [sys.executable, "-m", "gunicorn", "--workers", "1", "--threads", "4",
                   "--no-control-socket", "--bind", f"unix:{folder}/shop.socket", f"{app}:app"]
        proxy = ["nginx", "-c", str(path), "-p", folder, "-e", "stderr"]
        with _running(backend, port, diary):
            _await(lambda: os.path.exists(f"{folder}/shop.socket"))
            with _running(proxy, port, diary):
                _await_port(port)
                yield


@contextlib.contextmanager
def _running(command, port, diary):
    environment = {
        **os.environ,
        DIARY: str(diary),
        PORT: str(port),
        "PATH": os.environ["PATH"] + ":/usr/sbin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with tempfile.TemporaryFile("w+") as talk:
        process = subprocess.Popen(
            command, cwd=APPS, env=environment, stdout=talk, stderr=subprocess.STDOUT
        )
        try:
            yield
        except NotUp:
            talk.seek(0)
            raise RuntimeError(f"{command} did not start:\n{talk.read()}") from None
        finally:
            process.terminate()
            process.wait(timeout=20)


def _await_port(port):
    _await(lambda: _answers(port))


def _answers(port):
    """Whether something listens; asked of the kernel's table, not by connecting."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        wanted = f"0100007F:{port:04X}"
        return any(f[1] == wanted and f[3] == "0A" for f in map(str.split, table))


def _await(condition):
    deadline = time.monotonic() + START_TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise NotUp
        time.sleep(0.05)
