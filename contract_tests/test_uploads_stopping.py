"""A server that stops does not wait for the parts of an upload to be joined."""

import threading

import httpx

from contract_tests.test_snapshots import V2
from emulator import LiveServer, Settings
from emulator.store.folder_blobs import FolderBlobs


def test_a_server_that_stops_does_not_wait_until_parts_are_joined(monkeypatch):
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def join(self, names):
        began.set()
        go_on.wait(60)
        ended.set()
        raise OSError("nobody waits for this")

    monkeypatch.setattr(FolderBlobs, "join", join)
    server = LiveServer(Settings()).start()
    with httpx.Client(base_url=server.base_url, headers=V2, trust_env=False, timeout=60) as http:
        body = {"filename": "a.txt", "bytes": 4, "mime_type": "text/plain", "purpose": "vision"}
        upload = http.post("/uploads", json=body).json()["id"]
        part = http.post(f"/uploads/{upload}/parts", files={"data": b"part"}).json()["id"]
        answers = []

        def complete():
            try:
                answers.append(http.post(f"/uploads/{upload}/complete", json={"part_ids": [part]}).status_code)
            except httpx.HTTPError as error:
                answers.append(error)

        asking = threading.Thread(target=complete)
        asking.start()
        assert began.wait(60)
        server.stop()
        assert not ended.is_set()
        go_on.set()
        asking.join(60)
    assert answers
    assert answers != [200]
