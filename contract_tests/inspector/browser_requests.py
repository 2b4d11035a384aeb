"""What a browser sends to the inspector, without one: a client that keeps cookies, and posts the forms of pages."""

import re

import httpx

# What browsers send when an address is typed in, or a link of the page followed.
NAVIGATION = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
}


def browser(url, **options):
    """Return a client that is told apart from others by its cookies; redirects are not followed."""
    return httpx.Client(base_url=url, headers=NAVIGATION, trust_env=False, timeout=60, **options)


def forgery_of(page):
    """Return the token that a page sends with what it does; its forms, where it has some, carry the same."""
    (token,) = set(re.findall(r'(?:"X-Emulator-Forgery": |name="forgery" value=)"([0-9a-f]+)"', page.text))
    return token


def log_in(client, token, page="", **fields):
    """Send the login's form as its page has it; return the answer."""
    form = client.get("/_emulator/inspector/login", params={"next": page} if page else None)
    fields = {"forgery": forgery_of(form), "next": page, "token": token, **fields}
    return client.post("/_emulator/inspector/login", data=fields, headers=same_origin(client))


def same_origin(client):
    """Return what a browser says of a form that a page of the server sends."""
    return {"Origin": str(client.base_url).rstrip("/")}
