"""Read a session value with the real library: FRAMEWORK SECRET VALUE on the command line.

Prints what the library reads as JSON; fails where the library does not accept the value.
"""

import json
import sys

framework, secret, value = sys.argv[1:4]


def flask():
    from flask import Flask
    from flask.sessions import SecureCookieSessionInterface

    app = Flask(__name__)
    app.secret_key = secret
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    return serializer.loads(value, max_age=3600)


def django():
    from django.conf import settings

    settings.configure(SECRET_KEY=secret)
    from django.contrib.sessions.backends.signed_cookies import SessionStore

    content = SessionStore(session_key=value).load()
    assert content, "Django starts an empty session where it does not accept the value"
    return content


def starlette():
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    import asyncio

    async def show(request):
        return JSONResponse(dict(request.session))

    app = Starlette(
        routes=[Route("/", show)],
        middleware=[Middleware(SessionMiddleware, secret_key=secret)],
    )
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"cookie", b"session=" + value.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    body = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        body.append(message.get("body", b""))

    asyncio.run(app(scope, receive, send))
    content = json.loads(b"".join(body))
    assert content, "Starlette starts an empty session where it does not accept the value"
    return content


def jwt():
    import jwt as library

    return library.decode(value, secret, algorithms=["HS256", "HS384", "HS512"])


readers = {"flask": flask, "django": django, "starlette": starlette, "jwt": jwt}
try:
    reader = readers[framework]
    print(json.dumps(reader()))
except ImportError as missing:
    print(f"not installed: {missing.name}", file=sys.stderr)
    sys.exit(77)
