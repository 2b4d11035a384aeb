"""A logged request as a command of curl that sends it again: quoted for any POSIX shell, with variables for keys."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Any, Final
from urllib.parse import quote as escaped

from emulator.domain.keys import MASK
from emulator.domain.redaction import shown_header, shown_query, shown_sent_path
from emulator.domain.request_log import LoggedRequest
from emulator.service.request_contents import Contents, sent

# Which curl makes by itself, of the URL and of what it sends.
_OF_CURL: Final = frozenset(
    ("host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding", "user-agent")
)
# What a client says of itself.
_OF_CLIENT: Final = "x-stainless-"
_VARIABLES: Final = {"authorization": "OPENAI_API_KEY", "api-key": "AZURE_OPENAI_API_KEY"}
_URL_SAFE: Final = "".join(map(chr, range(0x21, 0x7F)))
_GLOBS: Final = re.compile(r"[\[\]{}]")
_DOTS: Final = re.compile(r"/\.{1,2}(/|$)")
_SEPARATOR: Final = re.compile(r"[/\\]")


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and what is to be known before it is run, a sentence each."""

    text: str
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Body:
    options: Sequence[str] = ()
    before: str = ""
    notes: Sequence[str] = ()
    is_form: bool = False


def command(request: LoggedRequest, server: str) -> Command:
    """Return the command. server: scheme and host, as a browser has them."""
    body = _body(sent(request))
    notes = list(body.notes)
    url = server + escaped(_masked_url(request), safe=_URL_SAFE)
    first = [
        f"{body.before}curl",
        *_url_options(url),
        *_method(request.method, has_body=bool(body.options)),
        quote(url),
    ]
    headers = list(_headers(request, notes, is_form=body.is_form))
    if body.options and not body.is_form and not any(name == b"content-type" for name, _ in request.headers):
        headers.append("-H 'Content-Type:'")  # which curl would make up
    if MASK in url:
        notes.append(f"In place of {MASK} in the URL a key has to stand.")
    if not request.has_contents:
        notes.append("The log had no room for the headers any more: they are missing here.")
    return Command(" \\\n  ".join([" ".join(first), *headers, *body.options]), notes)


def _masked_url(request: LoggedRequest) -> str:
    query = shown_query(request.query)
    return f"{shown_sent_path(request.sent_path)}?{query}" if query else shown_sent_path(request.sent_path)


def _url_options(url: str) -> Iterator[str]:
    if _GLOBS.search(url):
        yield "--globoff"
    if _DOTS.search(url):
        yield "--path-as-is"


def _method(method: str, *, has_body: bool) -> list[str]:
    if method == "HEAD":
        return ["--head"]
    return [] if method == ("POST" if has_body else "GET") else ["-X", quote(method)]


# --- headers --------------------------------------------------------------------------------------------------------


def _headers(request: LoggedRequest, notes: list[str], *, is_form: bool) -> Iterator[str]:
    for raw_name, raw_value in request.headers:
        name = raw_name.decode("latin-1").lower()
        if name in _OF_CURL or name.startswith(_OF_CLIENT) or (is_form and name == "content-type"):
            continue
        value = _text(raw_value)
        shown = shown_header(name, value)
        if MASK in shown:
            yield _with_variable(name, shown, notes)
        elif not (value.isprintable() and name.isprintable()):
            notes.append(f"The header {quote(ascii(name)[1:-1])} cannot be written here, and is left out.")
        else:
            yield f"-H {quote(f'{name}: {value}' if value else f'{name};')}"


def _with_variable(name: str, shown: str, notes: list[str]) -> str:
    variable = _VARIABLES.get(name) or re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    scheme = shown.removesuffix(MASK).strip()
    if not scheme.isalpha():
        scheme = ""
    notes.append(f"The key of the header {name} is not shown: it is taken from the variable {variable}.")
    return f'-H "{name}: {scheme}{" " * bool(scheme)}${{{variable}}}"'


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1") if value.isascii() else "\x00"  # which nothing can print


# --- the body -------------------------------------------------------------------------------------------------------


def _body(contents: Contents) -> _Body:
    if contents.kind == "form":
        return _form(contents.value)
    if contents.missing or contents.kind in ("binary", "given up"):
        kept = f"The log keeps {contents.size - contents.missing:,} of the {contents.size:,} bytes of the body"
        why = kept if contents.missing else "The body is no text"
        return _Body(["--data-binary @body"], notes=[f"{why}: put the whole of it into a file named body."])
    if contents.kind == "none":
        return _Body()
    notes = [f"In place of {MASK} in the body a key has to stand."] if contents.is_rewritten else []
    if _is_plain(contents.text):
        return _Body([f"--data-raw {quote(contents.text)}"], notes=notes)
    return _Body(["--data-binary @-"], f"printf {_octal(contents.text)} |\n", notes)


def _is_plain(text: str) -> bool:
    """Return whether a text can be pasted into a terminal: it has nothing that steers one, or turns lines around."""
    return all(one.isprintable() or one in "\n\t" for one in text)


def _octal(text: str) -> str:
    """Return a text as a format of printf: what no terminal should be given is written as numbers."""
    return quote("".join(map(_octal_byte, text.encode())))


def _octal_byte(byte: int) -> str:
    one = chr(byte)
    return one if one.isascii() and one.isalnum() else f"\\{byte:03o}"


def _form(fields: Mapping[str, Any]) -> _Body:
    options, notes = [], []
    for name, value in fields.items():
        if isinstance(value, dict):
            file = _SEPARATOR.split(str(value.get("filename") or ""))[-1] or "file"
            options.append(f"-F {quote(f'{name}=@{_quoted(file)}')}")
            notes.append(f"The log does not keep files: {file!a} has to lie where the command is run.")
        else:
            options.append(f"--form-string {quote(f'{name}={value}')}")
    written = list(filter(_is_plain, options))
    notes += ["A field of the form cannot be written here, and is left out."] * (len(written) < len(options))
    return _Body(written, notes=notes, is_form=True)


def _quoted(file: str) -> str:
    """Return the path of a file for -F, in which a quote ends it, and a minus alone would be the input."""
    inner = file.replace("\\", "\\\\").replace('"', '\\"')
    return f'"./{inner}"'
