"""Multipart forms: one that cannot be read is refused, whatever its reader makes of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from emulator.domain import refusals


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
        raise refusals.bad_form("its text cannot be decoded in the charset that it announces") from error
    try:
        yield form
    finally:
        await form.close()
