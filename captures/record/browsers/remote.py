"""Numbered commands and events over a websocket.

Chromium's DevTools protocol and Firefox's WebDriver BiDi share this shape:
`{"id", "method", "params"}` is answered by a message with the same id, and
events come as `{"method", "params"}` at any time.
"""

import json
import queue
import threading
import time

import websocket

TIMEOUT = 20


class RemoteError(Exception):
    """The browser refused a command, or did not answer."""


class Remote:
    """One websocket; a thread reads it and hands events to `on_event`."""

    def __init__(self, address, on_event):
        self.socket = websocket.create_connection(
            address, timeout=None, suppress_origin=True, enable_multithread=True
        )
        self.on_event = on_event
        self.answers = {}
        self.number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def call(self, method, **params):
        """Send a command and return its result."""
        self.number += 1
        number, box = self.number, queue.Queue()
        self.answers[number] = box
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        try:
            answer = box.get(timeout=TIMEOUT)
        except queue.Empty:
            raise RemoteError(f"{method}: no answer in {TIMEOUT} s") from None
        if "error" in answer:
            raise RemoteError(f"{method}: {answer['error']} {answer.get('message', '')}")
        return answer["result"]

    def close(self):
        self.socket.close()

    def _read(self):
        while True:
            try:
                message = json.loads(self.socket.recv())
            except (OSError, ValueError, websocket.WebSocketException):
                return
            if message.get("id") in self.answers:
                self.answers.pop(message["id"]).put(message)
            elif "method" in message:
                self.on_event(message["method"], message["params"], time.time())
