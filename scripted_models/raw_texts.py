"""Texts as templates that give exactly these texts, whatever is in them."""

import re
from typing import Final

from scripted_models.templating import is_template

_RAW_TAG: Final = re.compile(r"\{%[-+]?\s*(?:end)?raw\b")
# A template has no line ends but \n.
_CARRIAGE_RETURN: Final = r"{{ '\r' }}"
_OUTSIDE_RAW: Final = re.compile(r"\{%(?=[-+]?\s*endraw\b)|\r")


def verbatim(text: str) -> str:
    """Return a template that gives exactly ``text``; the text itself where nothing in it looks like a template."""
    if not is_template(text):
        return text
    return _raw(text) if _RAW_TAG.search(text) else f"{{% raw %}}{text}{{% endraw %}}"


def piece(text: str) -> str:
    """Return a text as it stands in a template beside holes."""
    if is_template(text) or text.endswith("{"):
        return _raw(text)
    return text.replace("\r", _CARRIAGE_RETURN)


def _raw(text: str) -> str:
    return f"{{% raw %}}{_OUTSIDE_RAW.sub(_outside, text)}{{% endraw %}}"


def _outside(sign: re.Match[str]) -> str:
    hole = _CARRIAGE_RETURN if sign[0] == "\r" else "{{ '{%' }}"
    return f"{{% endraw %}}{hole}{{% raw %}}"
