"""The clients that walk through the demos: two browsers and curl.

All offer the same few acts: `visit(url)`, `submit(fields)`, `reload()`,
`text()`, `jar()`, `close()`; and a `log` of what they say about cookies.
"""

from .chromium import Chromium
from .curl import Curl
from .firefox import Firefox

KINDS = {"chromium": Chromium, "firefox": Firefox, "curl": Curl}
