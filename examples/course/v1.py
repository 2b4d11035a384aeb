"""A client of v1, the API of 2023: the current official client supports only v2."""

from typing import Any

import httpx


class RequestError(Exception):
    """An error response. error: its error object."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status}: {error['message']}")
        self.status, self.error = status, error


class V1:
    """Sends JSON requests with the header that selects v1."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        headers = {"Authorization": f"Bearer {key}", "OpenAI-Beta": "assistants=v1"}
        self._http = httpx.Client(base_url=base_url, headers=headers, trust_env=False)

    def get(self, path: str, **query: Any) -> Any:
        return _json(self._http.get(path, params=query))

    def post(self, path: str, **body: Any) -> Any:
        return _json(self._http.post(path, json=body))

    def delete(self, path: str) -> Any:
        return _json(self._http.delete(path))

    def upload(self, name: str, content: bytes) -> Any:
        return _json(self._http.post("/files", data={"purpose": "assistants"}, files={"file": (name, content)}))

    def wait_for(self, run: Any) -> Any:
        """Poll a run until it ends or waits for outputs."""
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


def _json(response: httpx.Response) -> Any:
    if response.is_error:
        raise RequestError(response.status_code, response.json()["error"])
    return response.json()
