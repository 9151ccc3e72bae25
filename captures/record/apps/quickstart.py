"""The login demo everybody starts with: a name in Flask's session, no more.

`/` says who is logged in, `/login` asks for a name and puts it into the
session, `/logout` takes it out again. Both send the browser back to `/`.
"""

from flask import Flask, redirect, render_template_string, request, session, url_for

from serverlog import keep

# Short and guessable on purpose, as in so many first projects.
SECRET = "dev"

FORM = """<!doctype html>
<title>Log in</title>
<form method="post">
  <p>Your name: <input type="text" name="username" autofocus></p>
  <p><input type="submit" value="Login"></p>
</form>
"""

PAGE = """<!doctype html>
<title>Quickstart</title>
<p>{{ message }}</p>
"""

app = Flask(__name__)
app.secret_key = SECRET


@app.get("/")
def index():
    if "username" in session:
        message = f"Logged in as {session['username']}"
    else:
        message = "You are not logged in"
    return render_template_string(PAGE, message=message)


@app.get("/login")
def ask_name():
    return FORM


@app.post("/login")
def login():
    session["username"] = request.form["username"]
    return redirect(url_for("index"))


@app.get("/logout")
def logout():
    session.pop("username", None)
    return redirect(url_for("index"))


keep(app, "quickstart")
