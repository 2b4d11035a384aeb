"""Multipart forms: one that cannot be read is refused, whatever its reader makes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from emulator.domain import refusals

_UNREADABLE: Final = "its text cannot be decoded in the charset that it announces"


@asynccontextmanager
async def read_form(
    request: Request, *, most_files: int, most_fields: int, most_field_bytes: int = 1024 * 1024
) -> AsyncIterator[FormData]:
    """Read a form; its files are closed in the end. Raises `ApiError` for one that cannot be read."""
    try:
        form = await request.form(max_files=most_files, max_fields=most_fields, max_part_size=most_field_bytes)
    except MultiPartException as error:
        raise refusals.bad_form(error.message) from error
    except HTTPException as error:  # the same, where the framework runs the request
        raise refusals.bad_form(error.detail) from error
    except UnicodeError as error:  # the charset is one of Python's own, such as `undefined`, which decode no such text
        raise refusals.bad_form(_UNREADABLE) from error
    try:
        if not all(map(_is_text, form.multi_items())):
            raise refusals.bad_form(_UNREADABLE)
        yield form
    finally:
        await form.close()


def _is_text(field: tuple[str, Any]) -> bool:
    """Return whether a field can be written again: some charsets decode to halves of letters, which nothing can."""
    name, value = field
    try:
        f"{name}{value if isinstance(value, str) else value.filename}".encode()
    except UnicodeEncodeError:
        return False
    return True
