"""Two sites that know of each other: `shop.X` sets a cookie of each SameSite kind, and `evil.X`
reaches for it in every way that a page has.

One server speaks for both; the Host header decides. X is `test`, where browsers see plain http, or
`localhost`, which they trust as if it were https: only there do they keep Secure cookies, and tell
the server from where a request comes (Sec-Fetch-*).
"""

from flask import Flask, redirect, request

from serverlog import keep

app = Flask(__name__)
app.secret_key = "not-used-here"

PAGE = """<!doctype html>
<title>{title}</title>
<link rel="icon" href="data:,">
<p>{text}</p>
{rest}
"""

# A link, two forms and a link that its own site sends on.
WAYS = """
<p><a id="link" href="{shop}/see?by=link">link</a></p>
<form id="get" action="{shop}/see"><button type="submit" name="by" value="get">get</button></form>
<form id="post" method="post" action="{shop}/see?by=post"><button type="submit">post</button></form>
<p><a id="hop" href="/hop">hop</a></p>
"""

# What a page loads; it says so once all of it is there.
PARTS = """
<script>
let open = 3;
const done = () => {{ if (--open === 0) document.body.append("all is loaded"); }};
const frame = document.createElement("iframe");
frame.onload = done; frame.src = "{shop}/frame?by=frame"; document.body.append(frame);
const image = new Image();
image.onload = image.onerror = done; image.src = "{shop}/pixel?by=image";
fetch("{shop}/data?by=fetch", {{credentials: "include", mode: "no-cors"}}).then(done, done);
</script>
"""

KINDS = [
    "strict=1; SameSite=Strict; Path=/",
    "lax=1; SameSite=Lax; Path=/",
    "unset=1; Path=/",
    "insecure=1; SameSite=None; Path=/",
    "none=1; SameSite=None; Secure; Path=/",
    "chips=1; SameSite=None; Secure; Partitioned; Path=/",
]


def page(title, text, rest=""):
    return PAGE.format(title=title, text=text, rest=rest)


def here():
    """The names of the two sites, and which of them is asked."""
    name, _, rest = request.host.partition(".")
    return name, f"http://shop.{rest}", f"http://evil.{rest}"


@app.get("/")
def index():
    name, shop, _ = here()
    return page(name, f"This is {name}", WAYS.format(shop=shop))


@app.get("/set")
def set_all():
    response = app.make_response(page("set", "Cookies are set"))
    for line in KINDS:
        response.headers.add("Set-Cookie", line)
    return response


@app.route("/see", methods=["GET", "POST"])
def see():
    return page("see", "The server saw: " + (", ".join(request.cookies) or "nothing"))


@app.get("/parts")
def parts():
    name, shop, _ = here()
    return page("parts", f"This is {name}", PARTS.format(shop=shop) + '<a id="away" href="/away">away</a>')


@app.get("/frame")
def frame():
    """Sets cookies where another site may be in the address bar."""
    response = app.make_response(page("frame", "A frame"))
    for line in ("framed=1; SameSite=None; Secure; Path=/", "frame_unset=1; Path=/",
                 "frame_chips=1; SameSite=None; Secure; Partitioned; Path=/"):
        response.headers.add("Set-Cookie", line)
    return response


@app.get("/pixel")
def pixel():
    return "", 204


@app.get("/data")
def data():
    return "data", {"Content-Type": "text/plain"}


@app.get("/hop")
def hop():
    """From the other site to the shop."""
    _, shop, _ = here()
    return redirect(f"{shop}/see?by=hop")


@app.get("/away")
def away():
    """From the shop to the other site, which sends the browser back."""
    _, _, evil = here()
    return redirect(f"{evil}/back")


@app.get("/back")
def back():
    _, shop, _ = here()
    return redirect(f"{shop}/see?by=back")


keep(app, "sites")
