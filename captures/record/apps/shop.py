"""A tea shop that leads its visitors through redirects of every kind.

Behind nginx and gunicorn. Logging in takes four hops and sets cookies on three
of them; a 307 makes the browser send a form a second time; a 308 adds a missing
slash; flashed messages ride in the session from one page to the next; and a
well-filled basket makes the session long enough for Flask to compress it.

    POST /login        303 -> /account         session, ticket
    GET  /account      308 -> /account/        (the slash)
    GET  /account/     302 -> /welcome?from=login
                                               ticket dies, last_seen (Path=/account)
    GET  /welcome      200                     session (flash shown)

    POST /basket/add   307 -> /basket/items    (the form goes along)
    POST /basket/items 303 -> /basket/         session
    GET  /basket       301 -> /basket/

    POST /logout       303 -> /                session dies
"""

from flask import Flask, flash, redirect, render_template_string, request, session

from serverlog import keep

TEAS = [f"{place} {leaf}" for place in ("Assam", "Darjeeling", "Nilgiri", "Yunnan")
        for leaf in ("first flush", "second flush", "autumnal", "smoked", "white")]

PAGE = """<!doctype html>
<title>Tea shop</title>
<link rel="stylesheet" href="/style.css">
<h1>{{ title }}</h1>
<p id="who">{{ "Logged in as " ~ session.user if session.user else "You are not logged in" }}</p>
{% for message in get_flashed_messages() %}<p class="flash">{{ message }}</p>{% endfor %}
{% if session.user %}
<form method="post" action="/basket/add">
  <input name="tea" value="{{ teas[session.basket|length % teas|length] }}">
  <input name="note"><button type="submit" id="add">Add</button>
</form>
<form method="post" action="/logout"><button type="submit" id="logout">Log out</button></form>
{% endif %}
{% if title == "Log in" %}
<form method="post" action="/login">
  <input name="username"><button type="submit">Login</button>
</form>
{% endif %}
<ul>{% for line in lines %}<li>{{ line }}</li>{% endfor %}</ul>
"""

STYLE = "body { font-family: sans-serif; margin: 2rem }\n.flash { color: darkgreen }\n"
ICON = '<svg xmlns="http://www.w3.org/2000/svg"><circle cx="8" cy="8" r="8"/></svg>'
DAY = 24 * 3600

app = Flask(__name__)
app.secret_key = "c1d84e0f5a9b4b7e92f3"
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"


def page(title, lines):
    return render_template_string(PAGE, title=title, lines=lines, teas=TEAS)


@app.get("/")
def front():
    response = app.make_response(page("Tea shop", [f"{tea}, 100 g" for tea in TEAS]))
    if "currency" not in request.cookies:
        response.set_cookie("currency", "EUR", max_age=365 * DAY, samesite="Lax")
    return response


@app.get("/login")
def ask_name():
    return page("Log in", [])


@app.post("/login")
def login():
    session.clear()
    session["user"] = request.form["username"]
    session["basket"] = []
    flash(f"Welcome back, {session['user']}!")
    response = redirect("/account", 303)
    response.set_cookie("ticket", "one-way", max_age=60, httponly=True)
    return response


@app.get("/account/")
def account():
    """Flask itself answers /account with a 308 to here."""
    response = redirect("/welcome?from=login", 302)
    if "ticket" in request.cookies:
        response.delete_cookie("ticket", httponly=True)
    response.set_cookie("last_seen", "today", max_age=30 * DAY, path="/account")
    return response


@app.get("/welcome")
def welcome():
    return page("Welcome", ["Your orders: none yet"])


@app.post("/basket/add")
def add_the_old_way():
    return redirect("/basket/items", 307)


@app.post("/basket/items")
def add():
    line = {"tea": request.form["tea"], "grams": 100, "note": request.form["note"]}
    session["basket"] = session["basket"] + [line]
    flash(f"{line['tea']} is in your basket.")
    return redirect("/basket/", 303)


@app.get("/basket")
def basket_without_slash():
    return redirect("/basket/", 301)


@app.get("/basket/")
def basket():
    return page("Basket", [f"{i['grams']} g {i['tea']} {i['note']}" for i in session["basket"]])


@app.post("/logout")
def logout():
    session.clear()
    return redirect("/", 303)


@app.get("/style.css")
def style():
    return STYLE, {"Content-Type": "text/css", "Cache-Control": "max-age=3600"}


@app.get("/favicon.ico")
def icon():
    return ICON, {"Content-Type": "image/svg+xml", "Cache-Control": "max-age=3600"}


keep(app, "shop")
