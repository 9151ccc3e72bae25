"""Headless Firefox, driven over WebDriver BiDi as a user would.

Forms are filled by typing and sent by clicking the button. The cookies that
Firefox says it sent, and the Set-Cookie lines it says it got, go into `log`.
"""

import os

from .loads import Loads
from .process import BrowserProcess
from .remote import Remote

# Everything that would call home, switched off; no name resolves but ours.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.aboutHomeSnippets.updateUrl": "",
    "browser.newtabpage.activity-stream.feeds.topsites": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.region.update.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.provider.google4.updateURL": "",
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.topsites.contile.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "dom.push.enabled": False,
    "dom.security.https_first": False,
    "dom.security.https_only_mode": False,
    "extensions.blocklist.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": "",
    "messaging-system.rsexperimentloader.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disableIPv6": True,
    "network.dns.disablePrefetch": True,
    "network.dns.localDomains": "shop.test,evil.test,shop.localhost,evil.localhost",
    "network.http.speculative-parallel-limit": 0,
    "network.prefetch-next": False,
    "network.proxy.type": 0,
    "network.trr.mode": 5,
    "privacy.trackingprotection.enabled": False,
    "security.OCSP.enabled": 0,
    "services.settings.server": "data:,",
    "signon.rememberSignons": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
    "trailhead.firstrun.didSeeAboutWelcome": True,
}

CENTRE = """(selector) => {
    const box = document.querySelector(selector).getBoundingClientRect();
    return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
}"""


class Firefox:
    kind = "firefox"

    def __init__(self, name):
        self.name = name
        self.log = []
        self.loads = Loads()
        command = ["firefox-esr", "--headless", "--profile", "PROFILE",
                   "--remote-debugging-port=0", "about:blank"]
        announcement = r"WebDriver BiDi listening on (ws://\S+)"
        self.process = BrowserProcess(name, command, announcement, _write_preferences)
        self.remote = Remote(f"{self.process.address}/session", self._on_event)
        about = self.remote.call("session.new", capabilities={})["capabilities"]
        self.version = f"Firefox/{about['browserVersion']}"
        self.user_agent = about["userAgent"]
        self.remote.call("session.subscribe", events=[
            "network.beforeRequestSent", "network.responseCompleted", "browsingContext.load"])
        tree = self.remote.call("browsingContext.getTree")
        self.page = tree["contexts"][0]["context"]

    def visit(self, url):
        self.remote.call("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def reload(self):
        self.remote.call("browsingContext.reload", context=self.page, wait="complete")

    def submit(self, fields, button="[type=submit]"):
        """Type into the named fields, then click the button."""
        for name, value in fields.items():
            self._click(f"[name={name}]")
            self._type(value)
        self.loads.after(lambda: self._click(button))

    def text(self):
        return self._evaluate("() => document.body ? document.body.innerText : ''")["value"]

    def jar(self):
        cookies = self.remote.call("storage.getCookies")["cookies"]
        return [_jar_entry(cookie) for cookie in cookies]

    def close(self):
        self.remote.close()
        self.process.close()

    def _evaluate(self, function, *arguments):
        answer = self.remote.call(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": value} for value in arguments],
            target={"context": self.page},
            awaitPromise=False,
        )
        return answer["result"]

    def _click(self, selector):
        x, y = (number["value"] for number in self._evaluate(CENTRE, selector)["value"])
        self._perform("pointer", [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ])

    def _type(self, text):
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._perform("key", keys)

    def _perform(self, kind, actions):
        source = {"type": kind, "id": kind, "actions": actions}
        self.remote.call("input.performActions", context=self.page, actions=[source])

    def _on_event(self, method, params, now):
        if method == "browsingContext.load":
            self.loads.happened()
        entry = _cookie_talk(method, params)
        if entry:
            self.log.append({"t": round(now, 6), **entry})


def _write_preferences(profile):
    with open(os.path.join(profile, "user.js"), "w", encoding="ascii") as file:
        for name, value in PREFERENCES.items():
            shown = str(value).lower() if isinstance(value, bool) else value
            shown = f'"{value}"' if isinstance(value, str) else shown
            file.write(f'user_pref("{name}", {shown});\n')


def _cookie_talk(method, params):
    """The log entry for an event, or None if it says nothing about cookies."""
    if method == "network.beforeRequestSent":
        request = params["request"]
        return {
            "event": "request",
            "id": request["request"],
            "method": request["method"],
            "url": request["url"],
            "sent": [[c["name"], c["value"]["value"]] for c in request["cookies"]],
        }
    if method == "network.responseCompleted":
        response = params["response"]
        return {
            "event": "response",
            "id": params["request"]["request"],
            "status": response["status"],
            "set_cookie": [
                header["value"]["value"]
                for header in response["headers"]
                if header["name"].lower() == "set-cookie"
            ],
        }
    return None


def _jar_entry(cookie):
    entry = {key: cookie[key] for key in ("name", "domain", "path", "secure")}
    entry["value"] = cookie["value"]["value"]
    entry["http_only"] = cookie["httpOnly"]
    entry["same_site"] = cookie["sameSite"]
    entry["expires"] = cookie.get("expiry")
    return entry
