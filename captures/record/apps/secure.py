"""A login that fails to stick: the session is marked Secure, the site is not.

Somebody switched SESSION_COOKIE_SECURE on, as every checklist says, and then
served the site over plain http. The browser drops the session cookie without
a word, so `/` sees a stranger and asks for the login again. The answer to the
login sets a second cookie, not Secure, and that one does come back.
"""

from flask import Flask, redirect, render_template_string, request, session, url_for

from serverlog import keep

FORM = """<!doctype html>
<title>Please log in</title>
<p>Please log in{% if known %}, {{ known }}{% endif %}</p>
<form method="post">
  <p><input type="text" name="username" autofocus></p>
  <p><input type="submit" value="Login"></p>
</form>
"""

app = Flask(__name__)
app.secret_key = "b8f1c2a04e6d9d7735a1"
app.config["SESSION_COOKIE_SECURE"] = True


@app.get("/")
def index():
    if "username" not in session:
        return redirect(url_for("ask_name"))
    return f"<!doctype html>\n<title>Shop</title>\n<p>Logged in as {session['username']}</p>\n"


@app.get("/login")
def ask_name():
    return render_template_string(FORM, known=request.cookies.get("known_as"))


@app.post("/login")
def login():
    session["username"] = request.form["username"]
    response = redirect(url_for("index"))
    response.set_cookie("known_as", request.form["username"], max_age=30 * 24 * 3600)
    return response


keep(app, "secure")
