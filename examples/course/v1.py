"""A client of the API's first version, of 2023: today's official client only speaks the second."""

from typing import Any

import httpx


class RefusedError(Exception):
    """The service said no. error: the object that says why."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status}: {error['message']}")
        self.status, self.error = status, error


class V1:
    """Paths and JSON, with the header that asks for v1."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        headers = {"Authorization": f"Bearer {key}", "OpenAI-Beta": "assistants=v1"}
        self._http = httpx.Client(base_url=base_url, headers=headers, trust_env=False)

    def get(self, path: str, **query: Any) -> Any:
        return _answer(self._http.get(path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        return _answer(self._http.post(path, json=body))

    def delete(self, path: str) -> Any:
        return _answer(self._http.delete(path))

    def upload(self, name: str, content: bytes) -> Any:
        return _answer(self._http.post("/files", data={"purpose": "assistants"}, files={"file": (name, content)}))

    def finished(self, run: Any) -> Any:
        """Look at a run until it is over, or waits for outputs."""
        while run["status"] in ("queued", "in_progress", "cancelling"):
            run = self.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
        return run

    def steps(self, run: Any) -> Any:
        """Return the steps of a run, oldest first."""
        return self.get(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", order="asc")["data"]

    def newest(self, thread_id: str) -> str:
        """Return the text of the newest message of a thread."""
        return self.get(f"/threads/{thread_id}/messages")["data"][0]["content"][0]["text"]["value"]

    def close(self) -> None:
        self._http.close()


def _answer(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise RefusedError(answer.status_code, answer.json()["error"])
    return answer.json()
