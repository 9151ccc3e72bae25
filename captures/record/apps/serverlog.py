"""The server's own diary: one JSON line per request, in order of arrival.

`keep(app)` wraps a Flask app. The diary says what came in (headers, cookies,
body, and the session as Flask understood it) and what went out (status,
Location, Set-Cookie lines, and the session as Flask left it). The first line
describes the server itself, secret included: these are demonstration apps.
"""

import io
import json
import os
import threading
import time
from importlib.metadata import version

from flask import request
from flask.globals import request_ctx

from environment import DIARY, PORT
from owner import client_of

# Added by the proxy; the browser never sent these.
PROXY_HEADERS = ("x-real-ip", "x-real-port")


def keep(app, name):
    """Make `app` write its diary to the file named by RECORD_SERVER_LOG."""
    app.before_request(_note_session_in)
    app.after_request(_note_session_out)
    app.wsgi_app = Diary(app, name, os.environ.get(DIARY, os.devnull))
    return app


def _note_session_in():
    request.environ["diary.session_in"] = _session()


def _note_session_out(response):
    request.environ["diary.session_out"] = _session()
    return response


def _session():
    """The session as JSON would show it (tuples become lists).

    Read behind the `session` proxy, which would mark it as accessed and so add
    a `Vary: Cookie` that the app alone does not send.
    """
    return json.loads(json.dumps(dict(request_ctx._session)))


class Diary:
    """WSGI middleware that writes one line per request."""

    def __init__(self, app, name, path):
        self.inner = app.wsgi_app
        self.file = open(path, "a", encoding="ascii")
        self.lock = threading.Lock()
        self.count = 0
        self._write({"server": _describe(app, name)})

    def __call__(self, environ, start_response):
        entry = self._arrival(environ)

        def note_answer(status, headers, exc_info=None):
            entry["status"] = int(status.split()[0])
            entry["location"] = dict(headers).get("Location")
            entry["set_cookie"] = [v for k, v in headers if k.lower() == "set-cookie"]
            entry["response_headers"] = [list(header) for header in headers]
            entry["session_in"] = environ.get("diary.session_in")
            entry["session_out"] = environ.get("diary.session_out")
            self._write({"request": entry})
            return start_response(status, headers, exc_info)

        return self.inner(environ, note_answer)

    def _arrival(self, environ):
        with self.lock:
            self.count += 1
            number, now = self.count, time.time()
        address = environ.get("HTTP_X_REAL_IP") or environ.get("REMOTE_ADDR")
        port = int(environ.get("HTTP_X_REAL_PORT") or environ.get("REMOTE_PORT"))
        return {
            "n": number,
            "t": round(now, 6),
            "client": client_of(port, int(os.environ.get(PORT, 0))),
            "client_addr": address,
            "client_port": port,
            "method": environ["REQUEST_METHOD"],
            "target": environ.get("REQUEST_URI") or environ["RAW_URI"],
            "host": environ.get("HTTP_HOST"),
            "cookies": _pairs(environ.get("HTTP_COOKIE")),
            "request_headers": _headers(environ),
            "request_body": _body(environ),
        }

    def _write(self, record):
        with self.lock:
            self.file.write(json.dumps(record) + "\n")
            self.file.flush()


def _pairs(header):
    """The pairs of a Cookie header, in order, values untouched."""
    if not header:
        return []
    return [list(pair.partition("=")[::2]) for pair in header.split("; ")]


def _headers(environ):
    named = (
        (key.removeprefix("HTTP_").replace("_", "-").lower(), value)
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")
    )
    return [[k, v] for k, v in named if v and k not in PROXY_HEADERS]


def _body(environ):
    """The request body, read here and handed on to the app unread."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body.decode("latin-1")


def _describe(app, name):
    signer = app.session_interface
    return {
        "name": name,
        "framework": "Flask",
        "flask": version("flask"),
        "werkzeug": version("werkzeug"),
        "itsdangerous": version("itsdangerous"),
        "secret_key": app.secret_key,
        "secret_key_hex": app.secret_key.encode("latin-1").hex(),
        "salt": signer.salt,
        "key_derivation": signer.key_derivation,
        "digest": signer.digest_method().name,
        "session_cookie_name": app.config["SESSION_COOKIE_NAME"],
        "config": {
            key: value if value is None or isinstance(value, bool) else str(value)
            for key, value in app.config.items()
            if key.startswith("SESSION_COOKIE_") or key == "PERMANENT_SESSION_LIFETIME"
        },
    }
