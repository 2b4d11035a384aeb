"""The pages about scripts as a browser without scripts uses them: pages are got, and their forms are sent."""

import re
from html import unescape

import httpx

_FIELD = re.compile(r'<input (?:type="hidden"|id="script-name") name="(?P<name>\w+)" value="(?P<value>[^"]*)"')


class ScriptPages:
    """The pages about the scripts of a namespace. What was shown last is in `html`."""

    def __init__(self, server, name):
        self.url = f"{server.url}/_emulator/inspector/ns/{name}/scripts"
        self._client = httpx.Client(timeout=30)
        self.html = ""

    def get(self, **query):
        """Return an answer."""
        found = self._client.get(self.url, params=query)
        self.html = found.text
        return found

    def text(self, **query):
        """Return what a page says, without its marks."""
        return plain(self.get(**query).text)

    def post(self, path="", *, query=None, headers=None, **fields):
        """Send a form of the page that was got last; its hidden fields that are not given are as they stand there."""
        form = self.html.partition('id="script-form"')[2] or self.html
        hidden = {}
        for one in _FIELD.finditer(form):
            hidden.setdefault(one["name"], unescape(one["value"]))
        if not hidden.get("forgery"):
            hidden["forgery"] = re.search(r'name="forgery" value="(\w+)"', self.html)[1]
        found = self._client.post(
            self.url + path, params=query, data={**hidden, **fields}, headers=headers, follow_redirects=False
        )
        if found.status_code == 303:
            self.html = self._client.get(httpx.URL(self.url).join(found.headers["location"])).text
        return found

    def typed(self):
        """Return what stands in the editor."""
        text = re.search(r'<textarea id="script-text".*?>\n(.*?)</textarea>', self.html, re.DOTALL)[1]
        return unescape(text)

    def close(self):
        """Let go of the connection."""
        self._client.close()


def plain(html):
    """Return the text of a page, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
