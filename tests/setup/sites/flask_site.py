"""A site with Flask's own session cookie, of whichever Flask is installed: SECRET on the command line.

Prints its port, and then one line of JSON a request: what the session held when the request came,
and what was written into it. Contents are logged as Flask's serializer writes them, with type tags.
"""

import datetime
import json
import sys
import uuid

import flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.serving import WSGIRequestHandler, make_server

app = flask.Flask(__name__)
app.secret_key = sys.argv[1]


def held():
    return json.loads(SecureCookieSessionInterface.serializer.dumps(dict(flask.session)))


@app.before_request
def note_what_came():
    flask.g.read = held()


@app.after_request
def log(response):
    wrote = held() if flask.session.modified and flask.session else None
    line = {"path": flask.request.path, "read": flask.g.read, "wrote": wrote}
    print(json.dumps(line), flush=True)
    return response


def go_on():
    """To the page that the request asks for, so that a browser walks on alone."""
    return flask.redirect(flask.request.args.get("next", "/"))


@app.route("/")
def show():
    return flask.Response(json.dumps(held()), mimetype="application/json")


@app.route("/login")
def login():
    flask.session["username"] = flask.request.args["user"]
    flask.session["since"] = datetime.datetime(2021, 3, 4, 5, 6, 7)
    flask.session["device"] = uuid.UUID("12345678-1234-5678-1234-567812345678")
    flask.session["key"] = b"\x00\xff\x80"
    flask.session["pair"] = (1, {"deep": (2, "三")})
    flask.session["cart"] = []
    flask.flash("Welcome")
    return go_on()


@app.route("/add")
def add():
    flask.session["cart"] = flask.session["cart"] + [flask.request.args["item"]]
    return go_on()


@app.route("/logout")
def logout():
    flask.session.clear()
    return flask.redirect("/")


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


server = make_server("127.0.0.1", 0, app, request_handler=Quiet)
print(json.dumps({"port": server.socket.getsockname()[1]}), flush=True)
server.serve_forever()
