"""Reads the pages of a server as tests look at them."""

import base64
import hashlib
import re
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Reads a page: its tags with their attributes, ids, links and examples."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.texts, self._open = [], [], [], {}, []
        self._article = None  # the one that is open
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "article" and "id" in attributes:
            self._article = attributes["id"]
            self.texts[self._article] = ""
        if "href" in attributes:
            self.links.append(attributes["href"])
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if "pre" in self._open and self._article is not None:
            self.texts[self._article] += data


def assert_asks_for_nothing(page, headers):
    """Assert that a page loads nothing and runs nothing, and that its headers allow nothing but its own style."""
    reader = Reader(page)
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "video", "audio"}
    assert not [attrs for _, attrs in reader.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]
    assert "url(" not in page
    assert "@import" not in page
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
