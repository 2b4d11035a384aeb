"""What the tests of threads' pages have in common: pages as texts, forms that are sent, and threads that are made at once."""

import html
import re

import httpx

from contract_tests.harness import MODEL

_TOKEN = re.compile(r'name="forgery" value="([^"]+)"')


class Browser:
    """Opens pages and sends their forms, as a browser without scripts does."""

    def __init__(self, ns):
        self._root = f"{ns.url}/_emulator/inspector/ns/{ns.name}"
        self._client = httpx.Client(trust_env=False, timeout=60)

    def get(self, path, *, status=200):
        response = self._client.get(f"{self._root}{path}")
        assert response.status_code == status, response.text[-2000:]
        return response

    def page(self, path, *, status=200):
        """Return the HTML of a page: what belongs to it, and not to all pages."""
        text = self.get(path, status=status).text
        return text[text.index("<main") : text.index("</main>")]

    def send(self, path, *, on, status=303, **fields):
        """Send a form of the page `on`."""
        token = _TOKEN.search(self.get(on).text)[1]
        response = self._client.post(f"{self._root}{path}", data={"forgery": token, **fields})
        assert response.status_code == status, response.text[-2000:]
        return response

    def close(self):
        self._client.close()


def texts(page):
    """Return a page as the texts that people read."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def long_thread(ns, count, *, every=2):
    """Import a thread of so many messages, of which some are of runs; return its id."""
    objects = [{"object": "thread", "id": "thread_long", "created_at": 1767604200}]
    for n in range(count):
        is_answer = n % every == every - 1
        message = {
            "object": "thread.message",
            "id": f"msg_{n:05}",
            "thread_id": "thread_long",
            "created_at": 1767604200 + n,
            "role": "assistant" if is_answer else "user",
            "content": [{"type": "text", "text": {"value": f"Number {n}.", "annotations": []}}],
            "metadata": {},
        }
        if is_answer:
            message |= {"run_id": f"run_{n:05}", "assistant_id": "asst_long"}
            objects.append(_run(n))
        objects.append(message)
    for at in range(0, len(objects), 5_000):
        ns.control("POST", "/import", {"objects": objects[at : at + 5_000]})
    return "thread_long"


def _run(n):
    return {
        "object": "thread.run",
        "id": f"run_{n:05}",
        "thread_id": "thread_long",
        "assistant_id": "asst_long",
        "created_at": 1767604200 + n - 1,
        "started_at": 1767604200 + n - 1,
        "completed_at": 1767604200 + n,
        "status": "completed",
        "model": MODEL,
        "instructions": "",
        "tools": [],
        "metadata": {},
    }
