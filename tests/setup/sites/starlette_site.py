"""A site with Starlette's SessionMiddleware: SECRET on the command line.

Prints its port, and then one line of JSON a request: what the session held when the request came,
and what was written into it.
"""

import copy
import json
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route


def logged(answer):
    async def wrapped(request):
        read = copy.deepcopy(dict(request.session))
        response = answer(request)
        # Older versions write the session with every response.
        modified = getattr(request.session, "modified", True)
        wrote = dict(request.session) if modified and request.session else None
        print(json.dumps({"path": request.url.path, "read": read, "wrote": wrote}), flush=True)
        return response

    return wrapped


@logged
def show(request):
    return JSONResponse(dict(request.session))


@logged
def login(request):
    request.session["username"] = request.query_params["user"]
    request.session["pair"] = [1, {"deep": "三"}]
    request.session["cart"] = []
    return RedirectResponse("/", 302)


@logged
def add(request):
    request.session["cart"] = request.session["cart"] + [request.query_params["item"]]
    return RedirectResponse("/", 302)


@logged
def logout(request):
    request.session.clear()
    return RedirectResponse("/", 302)


app = Starlette(
    routes=[
        Route("/", show),
        Route("/login", login),
        Route("/add", add),
        Route("/logout", logout),
    ],
    middleware=[Middleware(SessionMiddleware, secret_key=sys.argv[1])],
)
listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
config = uvicorn.Config(app, log_level="critical", lifespan="off")
uvicorn.Server(config).run(sockets=[listener])
