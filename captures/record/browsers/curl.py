"""curl with a cookie file, one process per act, as in a shell script."""

import os
import subprocess
import tempfile
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from apps.environment import TAG

JAR = "jar.txt"
PAGE = "page.html"
# What curl tells us after a transfer: where it ended up.
ENDED = "%{url_effective}"


class Curl:
    kind = "curl"

    def __init__(self, name):
        self.name = name
        self.log = []
        self.url = None
        self.folder = tempfile.TemporaryDirectory(prefix="curl-")
        first = subprocess.check_output(["curl", "--version"], text=True).split()
        self.version = self.user_agent = f"{first[0]}/{first[1]}"

    def visit(self, url):
        self._run(url)

    def reload(self):
        self._run(self.url)

    def submit(self, fields, button="[type=submit]"):
        """Send the page's form; its `action` is followed, as a browser would."""
        action = urljoin(self.url, _form_action(self._page(), button))
        data = [part for k, v in fields.items() for part in ("--data-urlencode", f"{k}={v}")]
        self._run(action, *(data or ("--data", "")))

    def text(self):
        reader = _Text()
        reader.feed(self._page())
        return " ".join(reader.words)

    def jar(self):
        try:
            with open(os.path.join(self.folder.name, JAR), encoding="latin-1") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return []
        return [_jar_entry(line.split("\t")) for line in lines if line.count("\t") == 6]

    def close(self):
        self.folder.cleanup()

    def _run(self, url, *more):
        arguments = [*_resolve(url), "-L", "-b", JAR, "-c", JAR, *more, url]
        done = subprocess.run(
            ["curl", "-sv", "-o", PAGE, "-w", ENDED, *arguments],
            cwd=self.folder.name,
            env={**os.environ, TAG: self.name},
            capture_output=True,
            text=True,
            check=True,
        )
        self.url = done.stdout
        self.log.append({"event": "run", "arguments": arguments, "trace": _trace(done.stderr)})

    def _page(self):
        with open(os.path.join(self.folder.name, PAGE), encoding="utf-8") as file:
            return file.read()


def _resolve(url):
    """Names of our own lead to loopback; addresses need no help."""
    parts = urlsplit(url)
    if parts.hostname == "127.0.0.1":
        return []
    return ["--resolve", f"{parts.hostname}:{parts.port}:127.0.0.1"]


def _trace(text):
    """Request lines, status lines, cookie headers and cookie remarks of -v."""
    wanted = ("> GET", "> POST", "> Cookie:", "< HTTP/", "< Set-Cookie:", "< Location:")
    return [
        line
        for line in text.splitlines()
        if line.startswith(wanted) or (line.startswith("* ") and "cookie" in line.lower())
    ]


def _jar_entry(fields):
    domain, _, path, secure, expires, name, value = fields
    http_only = domain.startswith("#HttpOnly_")
    return {
        "name": name,
        "value": value,
        "domain": domain.removeprefix("#HttpOnly_"),
        "path": path,
        "http_only": http_only,
        "secure": secure == "TRUE",
        "expires": int(expires) or None,
    }


class _Text(HTMLParser):
    """The words of a page, without its title and styles."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.hidden = False

    def handle_starttag(self, tag, attrs):
        self.hidden = tag in ("title", "style", "script")

    def handle_endtag(self, tag):
        self.hidden = False

    def handle_data(self, data):
        if not self.hidden:
            self.words += data.split()


class _Forms(HTMLParser):
    """The `action` of each form, with the ids of the buttons in it."""

    def __init__(self):
        super().__init__()
        self.actions = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.actions.append((attributes.get("action", ""), set()))
        elif "id" in attributes and self.actions:
            self.actions[-1][1].add(f"#{attributes['id']}")


def _form_action(page, button):
    forms = _Forms()
    forms.feed(page)
    for action, buttons in forms.actions:
        if button in buttons:
            return action
    return forms.actions[0][0]
