"""The stories that are recorded, told step by step.

Each scenario names its app, host, file and clients, and has a `story`: a
function that leads the clients through the steps.
"""

import time
from dataclasses import dataclass
from typing import Callable

import servers


@dataclass(frozen=True)
class Scenario:
    """One recording. Clients are (name, kind); a name that ends in `-private`
    opens a private window. Where `fixed`, the story needs just these clients.
    Users log in under the names of USERS."""

    description: str
    app: str
    server: Callable
    host: str
    file: str
    clients: list
    story: Callable
    fixed: bool = False


USERS = ["alice", "bob", "carol"]
GREETING = "Logged in as {}"
STRANGER = "You are not logged in"
FORM = "Your name"


def walkthrough(walk, clients):
    """First visit, login, logout; then everybody at once."""
    first, user = clients[0], USERS[0]
    walk.visit("1. first visit", first, "/", STRANGER)
    walk.visit("2. asks for the login form", first, "/login", FORM)
    walk.submit(f"2. logs in as {user}", first, {"username": user}, GREETING.format(user))
    walk.visit("3. logs out", first, "/logout", STRANGER)
    people = list(zip(clients, USERS))
    for client, _ in people[1:]:
        walk.visit("4. first visit of another browser", client, "/", STRANGER)
    for client, _ in people:
        walk.visit("4. asks for the login form", client, "/login", FORM)
    for client, name in people:
        walk.submit(f"4. logs in as {name}", client, {"username": name}, GREETING.format(name))
    for client, name in people:
        walk.reload(f"4. refreshes, is still {name}", client, GREETING.format(name))
    walk.visit(f"4. {user} logs out", first, "/logout", STRANGER)
    for client, name in people[1:]:
        walk.reload(f"4. refreshes, is still {name}", client, GREETING.format(name))


def redirects(walk, clients):
    """Through the shop: every kind of redirect, with cookies on the way."""
    for client, name in zip(clients, USERS):
        walk.visit("first visit", client, "/", STRANGER)
        walk.visit("asks for the login form", client, "/login", STRANGER)
        walk.submit(f"logs in as {name}: 303, 308, 302", client, {"username": name},
                    f"Welcome back, {name}!")
        for note in ("for mornings", "for guests", "for the office"):
            walk.submit(f"adds a tea {note}: 307, 303", client, {"note": note},
                        "is in your basket", "#add")
        walk.visit("opens the basket without the slash: 301", client, "/basket", "for the office")
        walk.visit("opens it without the slash once more", client, "/basket", "for the office")
        walk.reload("refreshes the basket", client, "for the office")
        walk.visit("goes back to the account: 302", client, "/account/", "Welcome")
        walk.submit("logs out: 303", client, {}, STRANGER, "#logout")


def secure_over_http(walk, clients):
    """Each logs in twice; the page asks for the login again each time."""
    for client, name in zip(clients, USERS):
        walk.visit("first visit, is sent to the login form", client, "/", "Please log in")
        walk.submit(f"logs in as {name}, is asked again", client, {"username": name},
                    f"Please log in, {name}")
        walk.submit(f"logs in as {name} once more, in vain", client, {"username": name},
                    f"Please log in, {name}")
        walk.visit("visits the front page, is sent to the form", client, "/", "Please log in")


def two_profiles(walk, clients):
    """Two profiles of one browser take turns; a private window looks in."""
    *people, private = clients
    people = list(zip(people, USERS))
    for client, _ in people:
        walk.visit("first visit", client, "/", STRANGER)
    for client, _ in people:
        walk.visit("asks for the login form", client, "/login", FORM)
    for client, name in people:
        walk.submit(f"logs in as {name}", client, {"username": name}, GREETING.format(name))
    for client, name in people:
        walk.reload(f"refreshes, is still {name}", client, GREETING.format(name))
    walk.visit("a private window of the same browser", private, "/", STRANGER)
    for client, name in reversed(people):
        walk.reload(f"refreshes, is still {name}", client, GREETING.format(name))
    walk.visit("logs out", people[0][0], "/logout", STRANGER)
    client, name = people[1]
    walk.reload(f"refreshes, is still {name}", client, GREETING.format(name))


def across_sites(walk, clients):
    """Another site reaches for the shop's cookies in every way that a page has."""
    evil = walk.base.replace("shop.", "evil.", 1)
    for client in clients:
        walk.visit("the shop sets a cookie of each kind", client, "/set", "Cookies are set")
        walk.visit("types the shop's address", client, "/see?by=typing", "The server saw")
        walk.reload("refreshes", client, "The server saw")
        for way, button in (("link", "#link"), ("GET form", "#get button"),
                            ("POST form", "#post button"), ("link with a redirect", "#hop")):
            walk.visit("visits the other site", client, f"{evil}/", "This is evil")
            walk.submit(f"comes to the shop by {way}", client, {}, "The server saw", button)
        walk.visit("types an address that the other site sends on to the shop", client,
                   f"{evil}/hop", "The server saw")
        walk.visit("the other site loads parts from the shop", client, f"{evil}/parts",
                   "all is loaded")
        walk.visit("the shop loads parts of its own", client, "/parts", "all is loaded")
        walk.submit("goes from the shop over the other site back to the shop", client, {},
                    "The server saw", "#away")


def across_sites_for_long(walk, clients):
    """The same, and once more the POST form when the cookies are older than two minutes."""
    across_sites(walk, clients)
    time.sleep(OLDER_THAN_LAX_POST)
    evil = walk.base.replace("shop.", "evil.", 1)
    for client in clients:
        walk.visit("visits the other site, minutes later", client, f"{evil}/", "This is evil")
        walk.submit("comes to the shop by POST form, minutes later", client, {},
                    "The server saw", "#post button")


# Chromium sends cookies without SameSite along with cross-site POSTs for two minutes.
OLDER_THAN_LAX_POST = 125

SCENARIOS = {
    "walkthrough": Scenario(
        "Flask's quickstart login demo: first visit, login, logout, two browsers at once",
        "quickstart", servers.development, "127.0.0.1", "walkthrough.pcapng",
        [("chromium", "chromium"), ("firefox", "firefox")], walkthrough,
    ),
    "redirects": Scenario(
        "A shop behind nginx and gunicorn: redirect chains that set and delete cookies",
        "shop", servers.behind_nginx, "127.0.0.1", "redirects.pcap",
        [("chromium", "chromium"), ("firefox", "firefox")], redirects,
    ),
    "secure-over-http": Scenario(
        "A Secure session cookie over plain http: the login does not stick",
        "secure", servers.development, "shop.test", "secure-over-http.pcap",
        [("chromium", "chromium"), ("firefox", "firefox"), ("curl", "curl")], secure_over_http,
    ),
    "two-profiles": Scenario(
        "Two profiles of one Chromium, logged in as two users, and a private window",
        "quickstart", servers.development, "127.0.0.1", "two-profiles.pcap",
        [("chromium-a", "chromium"), ("chromium-b", "chromium"),
         ("chromium-private", "chromium")], two_profiles, fixed=True,
    ),
    "cross-site": Scenario(
        "Another site reaches for the shop's cookies of each SameSite kind, over plain http",
        "sites", servers.development, "shop.test", "cross-site.pcap",
        [("chromium", "chromium"), ("firefox", "firefox")], across_sites_for_long,
    ),
    "cross-site-trusted": Scenario(
        "The same between hosts that browsers trust like https: None, Partitioned, Sec-Fetch-*",
        "sites", servers.development, "shop.localhost", "cross-site-trusted.pcap",
        [("chromium", "chromium"), ("firefox", "firefox")], across_sites,
    ),
}
