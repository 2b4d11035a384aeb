"""The style sheet and the pages have the same words: no rule that nothing uses, and no class without a rule."""

import re
from itertools import chain
from pathlib import Path

from emulator.domain import lifecycle

EMULATOR = Path(lifecycle.__file__).parents[1]
INSPECTOR = EMULATOR / "control" / "inspector"
ATTRIBUTE = re.compile(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"')
# What calls of macros give as classes.
GIVEN = re.compile(r'parts\.form\(.*?\), "([a-z -]+)"\)')
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
TEXT = re.compile(r""""([^"]*)"|'([^']*)'""")
# What expressions of classes compare, or look up.
COMPARED = re.compile(r"""== *"[^"]*"|in *\([^)]*\)|"[^"]*" *(?=:|in\b)""")
# A file's, a clock's, and those of all machines; and what filters, and htmx, make classes of.
STATUSES = {"processed", "uploaded", "error", "frozen", *chain(*lifecycle.MACHINES.values())}
MADE = (
    {f"status-{name.replace('_', '-')}" for name in STATUSES} | {f"http-{n}xx" for n in range(1, 6)} | {"htmx-request"}
)


def read(folder, *patterns):
    found = chain(*(folder.rglob(pattern) for pattern in patterns))
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(found) if ".min." not in path.name)


def ruled():
    """Return the classes that the style sheet has rules for."""
    sheet = re.sub(r"/\*.*?\*/", "", read(INSPECTOR / "static", "inspector.css"), flags=re.DOTALL)
    selectors = re.sub(r'"[^"]*"', "", " ".join(re.findall(r"([^{}]+)\{", sheet)))
    return set(re.findall(r"\.([a-z][a-z0-9-]*)", selectors))


def written():
    """Return the classes that templates write, those of their expressions among them."""
    templates = read(INSPECTOR / "templates", "*.html")
    found = set()
    for value in ATTRIBUTE.findall(templates) + GIVEN.findall(templates):
        inner = " ".join(chain(*chain(*(TEXT.findall(COMPARED.sub("", one)) for one in EXPRESSION.findall(value)))))
        found |= {*EXPRESSION.sub(" ", value).split(), *inner.split()}
    return found


def test_every_rule_is_of_a_class_that_something_has():
    others = read(INSPECTOR, "*.py", "*.js") + read(EMULATOR / "timeline_pictures", "*.py", "*.svg", "timeline.css")
    known = written() | MADE | set(re.findall(r"[a-z][a-z0-9-]*", others))
    assert ruled() - known == set()


def test_every_class_of_a_template_has_a_rule():
    assert written() - ruled() == set()
