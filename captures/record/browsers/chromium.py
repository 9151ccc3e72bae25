"""Headless Chromium, driven over the DevTools protocol as a user would.

Forms are filled by typing and sent by clicking the button. What Chromium says
about each cookie (sent, withheld and why; refused and why) goes into `log`.
"""

import json
import urllib.request
from urllib.parse import urlsplit

from .loads import Loads
from .process import BrowserProcess
from .remote import Remote

# Quiet: no traffic but the pages that are asked for; no name resolves but ours.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-features=HttpsUpgrades,OptimizationHints,MediaRouter,Translate",
    "--host-resolver-rules=MAP shop.test 127.0.0.1, MAP evil.test 127.0.0.1, "
    "MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--user-data-dir=PROFILE",
    "--remote-debugging-port=0",
]

CENTRE = """(selector => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return {x: box.x + box.width / 2, y: box.y + box.height / 2};
})(%s)"""


class Chromium:
    kind = "chromium"

    def __init__(self, name, private=False):
        extra = ["--incognito"] if private else []
        self.name = name
        self.log = []
        self.loads = Loads()
        command = ["chromium", *FLAGS, *extra, "about:blank"]
        self.process = BrowserProcess(name, command, r"DevTools listening on (ws://\S+)")
        self.browser = Remote(self.process.address, lambda *_: None)
        self.page = Remote(self._page_address(), self._on_event)
        for domain in ("Page", "Network", "Runtime"):
            self.page.call(f"{domain}.enable")
        about = self.browser.call("Browser.getVersion")
        self.version, self.user_agent = about["product"], about["userAgent"]

    def visit(self, url):
        self.loads.after(lambda: self.page.call("Page.navigate", url=url))

    def reload(self):
        self.loads.after(lambda: self.page.call("Page.reload"))

    def submit(self, fields, button="[type=submit]"):
        """Type into the named fields, then click the button."""
        for name, value in fields.items():
            self._click(f"[name={name}]")
            self.page.call("Input.insertText", text=value)
        self.loads.after(lambda: self._click(button))

    def text(self):
        return self._evaluate("document.body.innerText")

    def jar(self):
        cookies = self.page.call("Storage.getCookies")["cookies"]
        return [_jar_entry(cookie) for cookie in cookies]

    def close(self):
        self.page.close()
        self.browser.close()
        self.process.close()

    def _page_address(self):
        host = urlsplit(self.process.address).netloc
        with urllib.request.urlopen(f"http://{host}/json/list") as answer:
            targets = json.load(answer)
        return next(t["webSocketDebuggerUrl"] for t in targets if t["type"] == "page")

    def _evaluate(self, script):
        result = self.page.call("Runtime.evaluate", expression=script, returnByValue=True)
        return result["result"]["value"]

    def _click(self, selector):
        at = self._evaluate(CENTRE % json.dumps(selector))
        for kind in ("mousePressed", "mouseReleased"):
            self.page.call(
                "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at
            )

    def _on_event(self, method, params, now):
        if method == "Page.loadEventFired":
            self.loads.happened()
        entry = _cookie_talk(method, params)
        if entry:
            self.log.append({"t": round(now, 6), **entry})


def _cookie_talk(method, params):
    """The log entry for an event, or None if it says nothing about cookies."""
    if method == "Network.requestWillBeSent":
        return _request(params)
    if method == "Network.requestWillBeSentExtraInfo":
        return {
            "event": "request_cookies",
            "id": params["requestId"],
            "sent": [_pair(c) for c in params["associatedCookies"] if not c["blockedReasons"]],
            "withheld": [
                {"cookie": _pair(c), "why": c["blockedReasons"]}
                for c in params["associatedCookies"]
                if c["blockedReasons"]
            ],
        }
    if method == "Network.responseReceivedExtraInfo":
        return {
            "event": "response_cookies",
            "id": params["requestId"],
            "status": params["statusCode"],
            "set_cookie": _set_cookie_lines(params["headers"]),
            "refused": [
                {"line": c["cookieLine"], "why": c["blockedReasons"]}
                for c in params["blockedCookies"]
            ],
        }
    return None


def _request(params):
    request = params["request"]
    entry = {
        "event": "request",
        "id": params["requestId"],
        "method": request["method"],
        "url": request["url"],
    }
    redirect = params.get("redirectResponse")
    if redirect:
        entry["redirected_by"] = redirect["status"]
    return entry


def _pair(associated):
    return [associated["cookie"]["name"], associated["cookie"]["value"]]


def _set_cookie_lines(headers):
    lines = [v for k, v in headers.items() if k.lower() == "set-cookie"]
    return lines[0].split("\n") if lines else []


def _jar_entry(cookie):
    entry = {key: cookie[key] for key in ("name", "value", "domain", "path")}
    entry["http_only"] = cookie["httpOnly"]
    entry["secure"] = cookie["secure"]
    entry["same_site"] = cookie.get("sameSite")
    entry["expires"] = None if cookie["session"] else cookie["expires"]
    return entry
