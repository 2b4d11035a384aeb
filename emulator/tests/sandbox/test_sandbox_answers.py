"""Code shares its process with what answers for it, so an answer may be forged: it is checked or thrown away."""

import asyncio
import json
from typing import Any

import pytest

from emulator.sandbox import Limits
from emulator.sandbox.answer import GarbledError, read_answer, read_header, refusal
from emulator.sandbox.inside.frames import LENGTH, pack
from emulator.sandbox.names import inner_path

PNG = b"\x89PNG\r\n\x1a\n..."
GOOD: dict[str, Any] = {
    "number": 1,
    "error": None,
    "images": 0,
    "files": [],
    "left_out": [],
    "removed": [],
    "blobs": [],
}


async def read(data, limits=None):
    stream = asyncio.StreamReader()
    stream.feed_data(data)
    stream.feed_eof()
    return await read_answer(
        stream, await read_header(stream), limits or Limits(report_bytes=1000, files=2, images=2), 1
    )


def framed(header):
    text = json.dumps(header).encode()
    return LENGTH.pack(len(text)) + text


async def test_a_whole_answer():
    header = {**GOOD, "images": 1, "files": ["a"]}
    found = await read(pack(header, [PNG, b"x"]) + PNG + b"x")
    assert (found.images, [(file.name, file.content) for file in found.files]) == ((PNG,), [("a", b"x")])


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        LENGTH.pack(3) + b"not",
        LENGTH.pack(2) + b"[]",
        LENGTH.pack(2) + b"\xff\xfe",
        LENGTH.pack(2**20) + b"[" * 2**20,
        *(
            framed({**GOOD, **change})
            for change in (
                {"error": 1},
                {"note": 1},
                {"number": 2},
                {"images": -1},
                {"images": True},
                {"images": 10**9, "blobs": []},
                {"images": 1},
                {"files": "ab"},
                {"files": [1]},
                {"files": ["a", "b", "c"], "blobs": [0, 0, 0]},
                {"files": ["a"], "blobs": [1001]},
                {"files": ["a", "b"], "blobs": [600, 600]},
                {"files": ["a"], "blobs": [-1]},
                {"files": ["a"], "blobs": [1.0]},
                {"blobs": None},
                {"left_out": None},
                {"removed": [None]},
            )
        ),
    ],
)
async def test_what_has_another_shape_or_size_is_thrown_away(data):
    with pytest.raises(GarbledError):
        await read(data)


@pytest.mark.parametrize("data", [b"", b"\0\0", LENGTH.pack(5) + b"{", framed({**GOOD, "files": ["a"], "blobs": [5]})])
async def test_an_answer_that_breaks_off_is_the_end(data):
    with pytest.raises(EOFError):
        await read(data)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "a//b", ".", "", "a\nb", "a\0", "\ud800", "x" * 256]
)
async def test_a_name_that_leads_elsewhere_is_left_out(name):
    assert inner_path(name) is None
    found = await read(pack({**GOOD, "files": [name]}, [b"x"]) + b"x")
    assert found.files == ()


async def test_a_picture_that_is_none_is_left_out():
    assert (await read(pack({**GOOD, "images": 1}, [b"<html>"]) + b"<html>")).images == ()


async def test_text_that_no_encoding_takes_is_made_harmless():
    found = await read(framed({**GOOD, "error": "\ud800", "note": "\ud800"}))
    assert (found.error, found.note) == ("?", "?")


def test_a_refusal_may_be_forged_too():
    assert refusal(GOOD) is None
    assert refusal({"refused": "No space left"}) == "No space left"
    assert refusal({"refused": "\ud800"}) == "?"
    with pytest.raises(GarbledError):
        refusal({"refused": [["x"]]})
