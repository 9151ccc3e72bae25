#!/usr/bin/env python3
"""Fill the corpora of the session targets from the vectors of the reference: VECTORS.jsonl."""

import json
import sys
from pathlib import Path

here = Path(__file__).parent
decode, verify, headers = (
    here / "corpus" / name for name in ("session_decode", "session_verify", "cookie_headers")
)
for folder in (decode, verify, headers):
    folder.mkdir(parents=True, exist_ok=True)
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
