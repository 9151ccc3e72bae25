"""The truth file: what the server and the clients themselves say happened.

Nothing here is derived from the packets, except `files`, which tells what an
independent reader finds in them, for comparison.
"""

import datetime
import json
from collections import Counter

# Request headers that help to tell clients and navigations apart; the Cookie
# header is in `cookies` already.
KEPT_HEADERS = {
    "user-agent", "referer", "origin", "cache-control", "content-type",
    "content-length", "if-none-match", "if-modified-since", "upgrade-insecure-requests",
}


def read_diary(path):
    """The server's description and its requests, from its diary."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    described = [r["server"] for r in records if "server" in r]
    requests = sorted((r["request"] for r in records if "request" in r), key=lambda r: r["n"])
    return described, requests


def unowned(requests):
    """Numbers of the requests whose client could not be found in /proc."""
    return [r["n"] for r in requests if not r["client"]]


def build(name, scenario, files, diary, clients, steps):
    """Put the whole truth together."""
    described, requests = diary
    for request in requests:
        request["step"] = _step_of(request["t"], steps)
        request["request_headers"] = [h for h in request["request_headers"] if _kept(h[0])]
    numbered = [
        {**step, "requests": [r["n"] for r in requests if r["step"] == step["step"]]}
        for step in steps
    ]
    return {
        "name": name,
        "description": scenario.description,
        "recorded": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "files": files,
        "summary": summary(requests),
        "servers": described,
        "clients": [_client(client) for client in clients],
        "steps": numbered,
        "server_log": requests,
        "client_log": {client.name: client.log for client in clients},
    }


def summary(requests):
    """The counts that any reader of the capture must find."""
    return {
        "requests": len(requests),
        "by_client": dict(Counter(r["client"] for r in requests)),
        "by_status": dict(sorted(Counter(str(r["status"]) for r in requests).items())),
        "set_cookie_headers": sum(len(r["set_cookie"]) for r in requests),
        "requests_with_cookie": sum(bool(r["cookies"]) for r in requests),
        "redirects": sum(r["location"] is not None for r in requests),
    }


def write(truth, path):
    """As JSON with one line per entry of each list: small, and good to diff."""
    parts = [f"{json.dumps(key)}: {_lines(value)}" for key, value in truth.items()]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="ascii")


def _lines(value):
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(json.dumps(v) for v in value) + "\n]"
    if isinstance(value, dict) and any(isinstance(v, list) for v in value.values()):
        inner = (f"{json.dumps(k)}: {_lines(v)}" for k, v in value.items())
        return "{\n" + ",\n".join(inner) + "\n}"
    return json.dumps(value)


def _client(client):
    return {
        "name": client.name,
        "kind": client.kind,
        "version": client.version,
        "user_agent": client.user_agent,
    }


def _kept(header):
    return header in KEPT_HEADERS or header.startswith("sec-fetch-")


def _step_of(moment, steps):
    """The last step begun before the moment; a favicon may come in late."""
    begun = [step["step"] for step in steps if step["t0"] <= moment]
    return begun[-1] if begun else None
