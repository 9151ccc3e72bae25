"""A site with Django's signed-cookie sessions: SECRET on the command line.

Prints its port, and then one line of JSON a request: what the session held when the request came,
and what was written into it.
"""

import json
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings

settings.configure(
    SECRET_KEY=sys.argv[1],
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", f"{__name__}.log"],
)

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponseRedirect, JsonResponse
from django.urls import path


def log(answer):
    def wrapped(request):
        read = dict(request.session.items())
        response = answer(request)
        wrote = dict(request.session.items())
        wrote = wrote if request.session.modified and wrote else None
        print(json.dumps({"path": request.path, "read": read, "wrote": wrote}), flush=True)
        return response

    return wrapped


def show(request):
    return JsonResponse(dict(request.session.items()))


def login(request):
    request.session["username"] = request.GET["user"]
    request.session["pair"] = [1, {"deep": "三"}]
    request.session["cart"] = []
    return HttpResponseRedirect("/")


def add(request):
    request.session["cart"] = request.session["cart"] + [request.GET["item"]]
    return HttpResponseRedirect("/")


def logout(request):
    request.session.flush()
    return HttpResponseRedirect("/")


urlpatterns = [path("", show), path("login", login), path("add", add), path("logout", logout)]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
print(json.dumps({"port": server.server_port}), flush=True)
server.serve_forever()
