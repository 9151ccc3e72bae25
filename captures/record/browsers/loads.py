"""Waiting for a page: remember how many loads there were, act, wait for one more."""

import threading

TIMEOUT = 15


class Loads:
    """Counts load events, which arrive on another thread."""

    def __init__(self):
        self.count = 0
        self.changed = threading.Condition()

    def happened(self):
        with self.changed:
            self.count += 1
            self.changed.notify_all()

    def after(self, act):
        """Do something that loads a page, and wait until it is loaded."""
        with self.changed:
            before = self.count
        act()
        with self.changed:
            if not self.changed.wait_for(lambda: self.count > before, TIMEOUT):
                raise RuntimeError(f"no page came within {TIMEOUT} s")
