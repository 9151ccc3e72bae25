#!/usr/bin/env python3
"""Fill the corpora of the session targets from the vectors of the reference: VECTORS.jsonl."""

import base64
import binascii
import json
import re
import sys
import urllib.parse
from pathlib import Path

here = Path(__file__).parent
names = "session_decode", "session_verify", "session_payloads", "session_sign", "cookie_headers"
decode, verify, payloads, sign, headers = (here / "corpus" / name for name in names)
for folder in (decode, verify, payloads, sign, headers):
    folder.mkdir(parents=True, exist_ok=True)

# Which envelopes of session_payloads a content of each format is for.
ENVELOPES = {
    "werkzeug-securecookie-pickle": [0], "bottle": [1], "rack-session": [2], "rails-signed": [3],
    "codeigniter2": [4, 5], "phoenix-signed": [6], "gorilla": [7], "flask": [8, 9, 10],
    "django-signed-session": [8, 11], "starlette": [12], "jwt": [13, 14], "cookie-session": [15],
    "express-json": [16], "shiro-rememberme": [17], "spring-remember-me": [18],
}


def contents(value):
    """Everything in a value that base64 may hide, once and twice."""
    value = urllib.parse.unquote(value)
    for part in [value, *re.split(r"[.?:|!]|--|=\?|&", value)]:
        text = part.strip("=").replace("-", "+").replace("_", "/")
        try:
            inner = base64.b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            continue
        if inner:
            yield inner
            if b"|" in inner:
                yield from contents(inner.split(b"|")[1].decode("latin-1"))
    yield value.encode()


for line in Path(sys.argv[1]).read_text().splitlines():
    vector = json.loads(line)
    pairs = [vector.get("cookie_name") or "", vector.get("cookie_value") or ""]
    if vector.get("companion_name"):
        pairs += [vector["companion_name"], vector["companion_value"]]
    name = vector["id"]
    (decode / name).write_text("\n".join(pairs))
    secret = vector.get("secret") or f"hex:{vector.get('secret_hex') or ''}"
    (verify / name).write_text("\n".join([secret, vector.get("salt") or "", *pairs]))
    if vector.get("set_cookie"):
        text = vector["set_cookie"]
        (headers / name).write_text(text if isinstance(text, str) else "\n".join(text))
    for number, content in enumerate(contents(pairs[1])):
        for envelope in ENVELOPES.get(vector["format"], []):
            (payloads / f"{name}-{number}-{envelope}").write_bytes(bytes([envelope]) + content)
    if isinstance(vector.get("payload"), dict):
        content = json.dumps(vector["payload"])
        (sign / name).write_text("\n".join(["key", content, content.replace("a", "b")]))
