"""Reads the pages of the inspector without a browser: their text, links, codes and forms, and sends their forms."""

from html.parser import HTMLParser

import httpx

_VOID = {"br", "hr", "img", "input", "link", "meta"}
# Nothing of these is read as one word with what stands before it.
_APART = {"br", "dd", "dt", "h1", "h2", "h3", "h4", "li", "p", "pre", "td", "th", "tr", "details", "label", "option"}
_ROOT = "/_emulator/inspector"


class Page(HTMLParser):
    """A page: what of it people read, where its links lead, the texts of its codes, and the tags it is made of."""

    def __init__(self, response):
        super().__init__()
        self.response, self.status, self.html = response, response.status_code, response.text
        self.tags, self.anchors, self.codes, self.forms, self._texts, self._open = [], [], {}, [], [], []
        self._label = self._href = None
        self.feed(self.html)
        self.close()

    @property
    def text(self):
        return " ".join("".join(self._texts).split())

    @property
    def links(self):
        return dict(self.anchors)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self._texts.append(" " * (tag in _APART))
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "pre":
            self._label = attributes.get("aria-label")
            self.codes[self._label] = ""
        if tag == "a":
            self._href = attributes.get("href")
        if tag == "form":
            self.forms.append((attributes, {}))
        if tag in ("input", "select", "textarea", "button") and self.forms and attributes.get("name"):
            self.forms[-1][1].setdefault(attributes["name"], attributes.get("value", ""))

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass
        if tag == "pre":
            self._label = None
        if tag == "a":
            self._href = None

    def handle_data(self, data):
        if self._open and self._open[-1] in ("script", "style", "title"):
            return
        if self._label is not None:
            self.codes[self._label] += data
        if self._href is not None:
            self.anchors.append((data.strip(), self._href))
        if "main" in self._open:
            self._texts.append(data)

    def form(self, action):
        """Return the fields of the first form that goes there."""
        return next(fields for attributes, fields in self.forms if attributes.get("action", "").endswith(action))


class Visitor:
    """A person with a browser that keeps cookies, on the pages of one server."""

    def __init__(self, url):
        self.http = httpx.Client(base_url=url, trust_env=False, verify=False, timeout=30, follow_redirects=True)

    def open(self, path, /, **query):
        """Open a page below the inspector's own path, or at a whole one."""
        at = path if path.startswith(_ROOT) else f"{_ROOT}{path}"
        return Page(self.http.get(at, params=query or None))

    def send(self, page, action, **typed):
        """Send the form of a page that goes to an action."""
        attributes, fields = next(one for one in page.forms if one[0].get("action", "").endswith(action))
        return Page(self.http.post(attributes["action"], data={**fields, **typed}))

    def close(self):
        self.http.close()
