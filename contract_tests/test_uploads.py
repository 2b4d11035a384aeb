import hashlib

import openai
import pytest

from contract_tests.harness import NOON_SECONDS, done
from contract_tests.lines import is_id, line, refused

TEXT = b"Ebb and flood, ebb and flood."
ABOUT = {"filename": "log.jsonl", "purpose": "fine-tune", "bytes": len(TEXT), "mime_type": "application/jsonl"}


async def begin(either, **more):
    return await done(either.uploads.create(**{**ABOUT, **more}))


async def add(either, upload, data):
    return await done(either.uploads.parts.create(upload.id, data=data))


async def test_an_upload_is_announced(either, frozen):
    made = await begin(either)
    assert made.to_dict() == {
        "id": made.id,
        "object": "upload",
        "bytes": 29,
        "created_at": NOON_SECONDS,
        "filename": "log.jsonl",
        "purpose": "fine-tune",
        "status": "pending",
        "expires_at": NOON_SECONDS + 3600,
    }
    assert is_id(made.id, "upload_", 32, "0-9a-f")


async def test_a_part_says_to_which_upload_it_belongs(either, frozen):
    made = await begin(either)
    part = await add(either, made, TEXT)
    about = {"object": "upload.part", "created_at": NOON_SECONDS, "upload_id": made.id}
    assert part.to_dict() == {"id": part.id, **about}
    assert is_id(part.id, "part_", 32, "0-9a-f")


async def test_parts_make_a_file_in_the_order_that_is_asked_for(either, frozen):
    made = await begin(either)
    last, first = await add(either, made, TEXT[10:]), await add(either, made, TEXT[:10])
    complete = await done(either.uploads.complete(made.id, part_ids=[first.id, last.id]))
    assert (complete.id, complete.status) == (made.id, "completed")
    assert list(complete.to_dict())[-1] == "file"
    assert complete.file.to_dict() == {
        "object": "file",
        "id": complete.file.id,
        "purpose": "fine-tune",
        "filename": "log.jsonl",
        "bytes": 29,
        "created_at": NOON_SECONDS,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    assert (await done(either.files.content(complete.file.id))).content == TEXT
    assert await done(either.files.retrieve(complete.file.id)) == complete.file


async def test_a_checksum_is_compared(either):
    made = await begin(either)
    part = await add(either, made, TEXT)
    with pytest.raises(openai.BadRequestError) as wrong:
        await done(either.uploads.complete(made.id, part_ids=[part.id], md5="0" * 32))
    assert wrong.value.param == "md5"
    right = hashlib.md5(TEXT).hexdigest().upper()
    assert (await done(either.uploads.complete(made.id, part_ids=[part.id], md5=right))).status == "completed"


async def test_parts_have_to_add_up_to_what_was_announced(either):
    made = await begin(either)
    part = await add(either, made, TEXT[:-1])
    with pytest.raises(openai.BadRequestError) as wrong:
        await done(either.uploads.complete(made.id, part_ids=[part.id]))
    assert wrong.value.param == "bytes"
    rest = await add(either, made, TEXT[-1:])
    assert (await done(either.uploads.complete(made.id, part_ids=[part.id, rest.id]))).file.bytes == 29
    assert len((await done(either.files.list())).data) == 1


async def test_a_cancelled_upload_takes_nothing_more(either):
    made = await begin(either)
    part = await add(either, made, TEXT)
    assert (await done(either.uploads.cancel(made.id))).to_dict() == {**made.to_dict(), "status": "cancelled"}
    for call in (
        lambda: either.uploads.parts.create(made.id, data=TEXT),
        lambda: either.uploads.complete(made.id, part_ids=[part.id]),
        lambda: either.uploads.cancel(made.id),
    ):
        with pytest.raises(openai.BadRequestError, match="cancelled"):
            await done(call())


async def test_a_complete_upload_takes_nothing_more(either):
    made = await begin(either)
    part = await add(either, made, TEXT)
    await done(either.uploads.complete(made.id, part_ids=[part.id]))
    for call in (
        lambda: either.uploads.parts.create(made.id, data=TEXT),
        lambda: either.uploads.complete(made.id, part_ids=[part.id]),
        lambda: either.uploads.cancel(made.id),
    ):
        with pytest.raises(openai.BadRequestError, match="completed"):
            await done(call())


async def test_an_upload_expires_after_an_hour(either, frozen):
    made = await begin(either)
    part = await add(either, made, TEXT)
    frozen.advance("59m59s")
    assert (await add(either, made, b"x")).upload_id == made.id
    frozen.advance("1s")
    for call in (
        lambda: either.uploads.parts.create(made.id, data=TEXT),
        lambda: either.uploads.complete(made.id, part_ids=[part.id]),
        lambda: either.uploads.cancel(made.id),
    ):
        with pytest.raises(openai.BadRequestError, match="expired"):
            await done(call())


async def test_the_file_of_an_upload_can_be_given_an_end(either, frozen):
    made = await begin(either, expires_after={"anchor": "created_at", "seconds": 7200})
    assert "expires_after" not in made.to_dict()
    part = await add(either, made, TEXT)
    frozen.advance("10m")
    complete = await done(either.uploads.complete(made.id, part_ids=[part.id]))
    assert complete.expires_at == NOON_SECONDS + 3600
    assert complete.file.created_at == NOON_SECONDS
    assert complete.file.expires_at == NOON_SECONDS + 7200
    assert "expires_after" not in complete.to_dict()


async def test_the_client_can_upload_a_file_in_chunks(either):
    complete = await done(
        either.uploads.upload_file_chunked(
            file=TEXT * 3,
            filename="big.txt",
            bytes=len(TEXT) * 3,
            purpose="assistants",
            mime_type="text/plain",
            part_size=32,
        )
    )
    assert (complete.status, complete.file.bytes) == ("completed", len(TEXT) * 3)
    store = await done(either.vector_stores.create(file_ids=[complete.file.id]))
    assert (await done(either.vector_stores.retrieve(store.id))).file_counts.completed == 1


def test_parts_of_another_upload_are_not_found(client):
    one, other = client.uploads.create(**ABOUT), client.uploads.create(**ABOUT)
    part = client.uploads.parts.create(other.id, data=TEXT)
    for part_id in (part.id, "part_0"):
        with pytest.raises(openai.NotFoundError) as missing:
            client.uploads.complete(one.id, part_ids=[part_id])
        assert missing.value.body["message"] == f"No upload part found with id '{part_id}'."


def test_an_unknown_upload_is_not_found(ns):
    ask = line(ns, None)
    words = "No upload found with id 'upload_0'."
    refused(ask.post("/uploads/upload_0/complete", {"part_ids": []}), 404, words)
    refused(ask.post("/uploads/upload_0/cancel"), 404, words)
    refused(ask.post("/uploads/upload_0/parts", files={"data": ("upload", b"x")}), 404, words)


def test_keys_have_the_recorded_order_and_a_newline_follows(ns):
    ask = line(ns, None)
    answer = ask.post("/uploads", ABOUT)
    assert list(answer.json()) == ["id", "object", "bytes", "created_at", "filename", "purpose", "status", "expires_at"]
    part = ask.post(f"/uploads/{answer.json()['id']}/parts", files={"data": ("upload", TEXT)})
    assert list(part.json()) == ["id", "object", "created_at", "upload_id"]
    cancelled = ask.post(f"/uploads/{answer.json()['id']}/cancel")
    assert all(shown.text.endswith("\n}\n") for shown in (answer, part, cancelled))


def test_a_part_has_to_be_a_file_called_data(ns):
    ask = line(ns, None)
    path = f"/uploads/{ask.make('/uploads', ABOUT)['id']}/parts"
    words = "Missing required parameter: 'data'."
    for files in ({"file": ("upload", TEXT)}, {"data": (None, b"plain")}):
        refused(ask.ask("POST", path, files=files), 400, words, "data", "missing_required_parameter")
    assert ask.ask("POST", path, json={"data": "x"}).status_code == 415


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision"])
def test_purposes_of_uploads(client, purpose):
    assert client.uploads.create(**{**ABOUT, "purpose": purpose}).purpose == purpose


@pytest.mark.parametrize("missing", ABOUT)
def test_every_field_is_needed(ns, missing):
    body = {name: value for name, value in ABOUT.items() if name != missing}
    words = f"Missing required parameter: '{missing}'."
    refused(line(ns, None).post("/uploads", body), 400, words, missing, "missing_required_parameter")


def test_an_upload_may_have_no_more_than_eight_gigabytes(ns):
    ask, most = line(ns, None), 8 * 1024**3
    assert ask.make("/uploads", {**ABOUT, "bytes": most})["bytes"] == most
    answer = ask.post("/uploads", {**ABOUT, "bytes": most + 1})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "bytes")
