"""Starting a browser, waiting for its debugging address, and ending it."""

import os
import queue
import re
import subprocess
import tempfile
import threading

from apps.environment import TAG

START_TIMEOUT = 60


class BrowserProcess:
    """A browser with a fresh profile folder, which goes away with it."""

    def __init__(self, name, command, announcement, prepare=None):
        self.profile = tempfile.TemporaryDirectory(
            prefix="profile-", ignore_cleanup_errors=True
        )
        if prepare:
            prepare(self.profile.name)
        # A home of its own: nothing of the user's, nothing left behind.
        environment = {**os.environ, TAG: name, "HOME": self.profile.name}
        self.process = subprocess.Popen(
            [part.replace("PROFILE", self.profile.name) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.address = self._announced(re.compile(announcement))

    def close(self):
        """End the browser, kindly first."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.profile.cleanup()

    def _announced(self, pattern):
        """The address in the line on stderr that `pattern` matches."""
        found = queue.Queue()

        def read():
            for line in self.process.stderr:
                match = pattern.search(line)
                if match:
                    found.put(match[1])
            found.put(None)

        threading.Thread(target=read, daemon=True).start()
        try:
            address = found.get(timeout=START_TIMEOUT)
        except queue.Empty:
            address = None
        if address is None:
            self.close()
            raise RuntimeError(f"{self.process.args[0]} did not announce its address")
        return address
