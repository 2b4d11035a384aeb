"""The live stream of a page, read as a browser reads it."""

import json
from contextlib import contextmanager

# How long something is waited for that has to happen, on however slow a machine.
PATIENCE = 60


class LiveStream:
    """What has been counted so far. position: the id of the last event, which a browser sends when it comes back."""

    def __init__(self, response):
        self._lines = response.iter_lines()
        self.position = None
        self.messages = 0
        self.events = 0
        self.requests = 0

    def next(self):
        """Count the next event, also one that says only where the stream is; return whether there was one."""
        fields = {}
        for line in self._lines:
            if not line:
                self._count(fields)
                return True
            name, _, value = line.partition(": ")
            fields[name] = value
        return False

    def _count(self, fields):
        self.position = fields["id"]
        if "event" in fields:
            assert fields["event"] == "changed"
            data = json.loads(fields["data"])
            self.messages += 1
            self.events += data["events"]
            self.requests += data["requests"]

    def until(self, *, events=0, requests=0):
        """Read until so many have been counted, and return the counts."""
        while self.events < events or self.requests < requests:
            assert self.next(), "the stream has ended"
        return self.events, self.requests

    def ends(self):
        """Read to the end."""
        while self.next():
            pass
        return True


@contextmanager
def following(ns, *, last_event_id=None, **about):
    """Follow a namespace; what a test causes inside comes after the beginning of the stream."""
    address = f"{ns.url}/_emulator/inspector/ns/{ns.name}/live"
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    with ns.http.stream("GET", address, params=about, headers=headers, timeout=PATIENCE) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = LiveStream(response)
        assert stream.next()
        yield stream
