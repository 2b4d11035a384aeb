"""Takes the pictures of the inspector's pages: ``python docs/screenshots.py [--only PAGE]``.

The pages are those of the stage of the contract tests, with its frozen clock,
in light, in dark, and on a narrow screen.
It needs a browser (``make browser``), and port 8000 to be free, which is seen in the pictures.
"""

import argparse
import importlib
import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PORT = 8000
# Pages of the stage, by the names of their pictures.
PAGES = {
    "namespaces": "namespaces",
    "namespace": "namespace",
    "threads": "threads",
    "thread": "thread",
    "run": "run",
    "scripts": "scripts",
    "requests": "requests",
    "request": "request",
    "parity": "parity-compared",
    "login": "login",
}
WIDE, NARROW = {"width": 1200, "height": 800}, {"width": 360, "height": 740}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": WIDE},
    "dark": {"color_scheme": "dark", "viewport": WIDE},
    "narrow": {"color_scheme": "light", "viewport": NARROW},
}
# Few pages have more, and a picture of so many is a third as large.
COLORS = 96
MOST_BYTES = 120_000


def main(only: Sequence[str]) -> int:
    """Write the pictures; return the exit code, which is 1 where one is too large."""
    sys.path.insert(0, str(ROOT))
    browsers = importlib.import_module("contract_tests.inspector.browsers")
    stage = importlib.import_module("contract_tests.inspector.stage")
    warnings.simplefilter("ignore", DeprecationWarning)
    PICTURES.mkdir(exist_ok=True)
    too_large = []
    with stage.set_stage(PORT) as made, sync_playwright() as playwright:
        browser = browsers.launch(playwright)
        for name, data in _pictures(browser, made.pages, only or list(PAGES)):
            (PICTURES / name).write_bytes(data)
            too_large += [name] if len(data) > MOST_BYTES else []
            print(f"{len(data):7,} bytes  docs/pictures/{name}")
        browser.close()
    if too_large:
        print(f"larger than {MOST_BYTES:,} bytes: {', '.join(too_large)}")
    return 1 if too_large else 0


def _pictures(browser: Browser, pages: dict[str, str], names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        for look, options in LOOKS.items():
            with browser.new_context(**options) as context:
                page = context.new_page()
                # Not until nothing is loaded: a page that is open goes on listening to what happens.
                page.goto(pages[PAGES[name]], wait_until="load")
                yield f"{name}-{look}.png", _small(page.screenshot(animations="disabled", caret="hide"))


def _small(png: bytes) -> bytes:
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    small = io.BytesIO()
    picture.save(small, "png", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], choices=PAGES, metavar="PAGE")
    raise SystemExit(main(parser.parse_args().only))
