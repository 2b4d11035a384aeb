"""Decodes the bytes of a plain text file, whatever their encoding."""

import codecs
from typing import Final

from emulator.retrieval.refusals import InvalidFile

# The longer byte order mark first: UTF-32's begins with UTF-16's.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The encodings that may be guessed. Few, because each further one makes short texts easier to mistake.
_GUESSES: Final = ["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "cp1251", "utf_16_le", "utf_16_be"]
# Enough to recognise an encoding; a guess over a whole book would take minutes.
_SAMPLE_BYTES: Final = 64 * 1024
# Control characters that text files do not contain; if there is more than one in a hundred, it is no text file.
_CONTROLS: Final = dict.fromkeys([*range(9), *range(14, 27), *range(28, 32), 127])


def decode(data: bytes, *, guess: bool = True) -> str:
    """Return the text: by its byte order mark, else UTF-16 without one, else UTF-8, else the best guess.

    A few wrong bytes in UTF-8 become U+FFFD. guess: whether it may be in another encoding. Raises `InvalidFile` for
    data that is no text, ImportError if a guess is needed and charset-normalizer is not installed.
    """
    if not data:
        return ""
    text = _decode(data, guess=guess)
    if len(text) - len(text.translate(_CONTROLS)) > len(text) / 100:
        raise InvalidFile
    return text


def _decode(data: bytes, *, guess: bool) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if order := _utf16_without_mark(data[:_SAMPLE_BYTES]):
        return data.decode(order, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    if _is_nearly_right(text):
        return text
    if not guess:
        raise InvalidFile
    return data.decode(_guess(data), "replace")


def _utf16_without_mark(sample: bytes) -> str | None:
    """Return the byte order if every other byte is mostly zero, as in Western text."""
    half = len(sample) // 2
    low, high = sample[0::2].count(0), sample[1::2].count(0)
    if high > half * 0.4 and low < half * 0.05:
        return "utf-16-le"
    if low > half * 0.4 and high < half * 0.05:
        return "utf-16-be"
    return None


def _is_nearly_right(text: str) -> bool:
    """Return whether it is UTF-8 with a few broken bytes: most characters beyond ASCII could be decoded."""
    wrong = text.count("\ufffd")
    right = sum(1 for c in text[:_SAMPLE_BYTES] if c > "\x7f" and c != "\ufffd")
    return right > 20 * wrong


def _guess(data: bytes) -> str:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - from the extra "files", and rarely needed

    # Around the first byte beyond ASCII: a long file may begin with pages of English.
    first = next(at for at, byte in enumerate(data) if byte > 0x7F)
    start = data.rfind(b"\n", 0, first) + 1
    sample = data[start : start + _SAMPLE_BYTES]
    best = from_bytes(sample, cp_isolation=_GUESSES).best()
    return best.encoding if best else "cp1252"
