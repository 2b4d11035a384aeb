"""A client that uploads, stores, changes and deletes while the server is killed, and looks for it afterwards."""

import contextlib
import random
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from contract_tests.benchmarks.kills import Findings
from contract_tests.properties.namespaces import HEADERS

_PATIENCE = 60.0


@dataclass(eq=False)
class Held:
    """An object of which something was acknowledged. path: its address.

    gone: whether it was deleted; None if it may have been. noted: the last number that its metadata were given; asked:
    the last that they were to be given. content: the bytes of a file. files: those of a vector store.
    """

    path: str
    gone: bool | None = False
    noted: int = 0
    asked: int = 0
    content: bytes | None = None
    files: list[str] = field(default_factory=list)


class Holder:
    """Works as the clients of `benchmarks.kills` do, with files, uploads, vector stores, and metadata of threads."""

    def __init__(self, url: str, findings: Findings, dice: random.Random) -> None:
        self._url = f"{url}/v1/"
        self._http = self._client()
        self._findings = findings
        self._dice = dice
        self._count = 0
        self.held: list[Held] = []

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._url, headers=HEADERS, trust_env=False, timeout=60)

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Return the answer; None if there is no such thing. Any other refusal is an error."""
        response = self._http.request(method, path, **more)
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()

    # --- load -------------------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Work until the server is gone."""
        with contextlib.suppress(httpx.HTTPError):
            while True:
                files = [self._upload() if self._dice.random() < 0.7 else self._upload_in_parts() for _ in range(2)]
                store = self._hold("vector_stores", "vector stores", json={"file_ids": [file[6:] for file in files]})
                store.files = files
                thread = self._hold("threads", "threads", json={})
                for held in (store, thread, store):
                    self._note(held)
                for held in self._dice.sample(self.held, 2):
                    self._delete(held)

    def _hold(self, path: str, what: str, **body: Any) -> Held:
        held = Held(f"{path}/{self.ask('POST', path, **body)['id']}")
        self._findings.note(what, held.path, held.path)
        self.held.append(held)
        return held

    def _content(self) -> bytes:
        self._count += 1
        return f"Number {self._count} of {id(self)}.".encode()

    def _upload(self) -> str:
        content = self._content()
        files = {"file": ("a.txt", content, "text/plain")}
        held = self._hold("files", "files", files=files, data={"purpose": "user_data"})
        held.content = content
        return held.path

    def _upload_in_parts(self) -> str:
        parts = [self._content(), self._content()]
        size = sum(map(len, parts))
        about = {"filename": "a.txt", "purpose": "user_data", "bytes": size, "mime_type": "text/plain"}
        upload = self.ask("POST", "uploads", json=about)["id"]
        ids = []
        for part in parts:
            ids.append(self.ask("POST", f"uploads/{upload}/parts", files={"data": ("part", part)})["id"])
            self._findings.note("parts", ids[-1], upload)
        file = self.ask("POST", f"uploads/{upload}/complete", json={"part_ids": ids})["file"]["id"]
        held = Held(f"files/{file}", content=b"".join(parts))
        self._findings.note("uploads", held.path, held.path)
        self.held.append(held)
        return held.path

    def _note(self, held: Held) -> None:
        held.asked += 1
        if self.ask("POST", held.path, json={"metadata": {"number": str(held.asked)}}) is not None:
            held.noted = held.asked
            self._findings.note("metadata")

    def _delete(self, held: Held) -> None:
        if held.gone is False:
            held.gone = None
            if self.ask("DELETE", held.path) is not None:
                held.gone = True
                self._findings.note("deletes")

    # --- checks -----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Look for everything that was acknowledged."""
        with contextlib.closing(self._client()) as self._http:
            for held in self.held:
                self._check(held)

    def _check(self, held: Held) -> None:
        complain, doc = self._findings.complain, self.ask("GET", held.path)
        if held.gone is None:
            held.gone = doc is None
        if (doc is None) is not held.gone:
            complain("lost", f"{held.path} is {'gone' if doc is None else 'there'}")
        if doc is None:
            return
        number = int(doc.get("metadata", {}).get("number", 0))
        if held.asked and not held.noted <= number <= held.asked:
            complain("lost", f"{held.path} has number {number}, not {held.noted} to {held.asked}")
        if held.content is not None:
            found = self._http.get(f"{held.path}/content").content
            if found != held.content:
                complain("lost", f"{held.path} has {found!r}, not {held.content!r}")
        if held.files:
            self._check_files(held)

    def _check_files(self, store: Held) -> None:
        """Wait until the files of a store are read, and look for them; a file that is deleted is taken out."""
        until = time.perf_counter() + _PATIENCE
        while (doc := self.ask("GET", store.path))["file_counts"]["in_progress"]:
            if time.perf_counter() > until:
                self._findings.complain("stuck", f"{store.path} has {doc['file_counts']}")
                return
            time.sleep(0.05)
        by_path = {held.path: held for held in self.held}
        there = {f"files/{file['id']}" for file in self.ask("GET", f"{store.path}/files")["data"]}
        for path in store.files:
            if by_path[path].gone is None:
                by_path[path].gone = self.ask("GET", path) is None
        expected = {path for path in store.files if not by_path[path].gone}
        if there != expected:
            self._findings.complain("lost" if expected - there else "doubled", f"{store.path}: {there}, not {expected}")
        if doc["file_counts"]["total"] != len(there):
            self._findings.complain("lost", f"{store.path} counts {doc['file_counts']} of {len(there)}")
