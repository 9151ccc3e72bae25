"""A walk: numbered steps, each done by clients as users would, each checked."""

import time

# How long a page may take, and how long a person looks at it afterwards.
PATIENCE = 10
LOOK = 0.7


class StepFailed(Exception):
    """A client shows something else than it should."""


class Walk:
    """Runs steps and remembers what was done, when, and what the clients kept."""

    def __init__(self, base):
        self.base = base
        self.steps = []

    def step(self, what, client, act, shows):
        """Let `client` do `act`; its page must then show the text `shows`."""
        begun = time.time()
        act(client)
        seen = _await_text(client, shows)
        time.sleep(LOOK)
        self.steps.append({
            "step": len(self.steps) + 1,
            "what": what,
            "clients": [client.name],
            "t0": round(begun, 6),
            "t1": round(time.time(), 6),
            "shows": {client.name: shows},
            "jar_after": {client.name: client.jar()},
        })
        if seen is None:
            raise StepFailed(f"{what} ({client.name}): shows {client.text()!r}, not {shows!r}")

    def visit(self, what, client, path, shows):
        """`path` is of the scenario's own host, or a whole URL."""
        url = path if path.startswith("http:") else self.base + path
        self.step(what, client, lambda c: c.visit(url), shows)

    def submit(self, what, client, fields, shows, button="[type=submit]"):
        self.step(what, client, lambda c: c.submit(fields, button), shows)

    def reload(self, what, client, shows):
        self.step(what, client, lambda c: c.reload(), shows)


def _await_text(client, wanted):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if wanted in client.text():
            return wanted
        time.sleep(0.1)
    return None
