"""Texts that can be written as UTF-8: escapes of JSON and YAML can spell halves of surrogate pairs, which cannot."""


def is_unicode(text: str) -> bool:
    """Return whether a text can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
