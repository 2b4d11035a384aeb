import hashlib

import openai
import pytest

from contract_tests.harness import NOON_SECONDS, resolve
from contract_tests.raw_api import assert_refused, is_id, raw_api

TEXT = b"Ebb and flood, ebb and flood."
ABOUT = {"filename": "log.jsonl", "purpose": "fine-tune", "bytes": len(TEXT), "mime_type": "application/jsonl"}


async def begin(either, **more):
    return await resolve(either.uploads.create(**{**ABOUT, **more}))


async def add(either, upload, data):
    return await resolve(either.uploads.parts.create(upload.id, data=data))


async def test_an_upload_is_created(either, frozen):
    upload = await begin(either)
    assert upload.to_dict() == {
        "id": upload.id,
        "object": "upload",
        "bytes": 29,
        "created_at": NOON_SECONDS,
        "filename": "log.jsonl",
        "purpose": "fine-tune",
        "status": "pending",
        "expires_at": NOON_SECONDS + 3600,
    }
    assert is_id(upload.id, "upload_", 32, "0-9a-f")


async def test_a_part_names_its_upload(either, frozen):
    upload = await begin(either)
    part = await add(either, upload, TEXT)
    about = {"object": "upload.part", "created_at": NOON_SECONDS, "upload_id": upload.id}
    assert part.to_dict() == {"id": part.id, **about}
    assert is_id(part.id, "part_", 32, "0-9a-f")


async def test_parts_are_joined_in_the_requested_order(either, frozen):
    upload = await begin(either)
    last, first = await add(either, upload, TEXT[10:]), await add(either, upload, TEXT[:10])
    complete = await resolve(either.uploads.complete(upload.id, part_ids=[first.id, last.id]))
    assert (complete.id, complete.status) == (upload.id, "completed")
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
    assert (await resolve(either.files.content(complete.file.id))).content == TEXT
    assert await resolve(either.files.retrieve(complete.file.id)) == complete.file


async def test_a_checksum_is_compared(either):
    upload = await begin(either)
    part = await add(either, upload, TEXT)
    with pytest.raises(openai.BadRequestError) as excinfo:
        await resolve(either.uploads.complete(upload.id, part_ids=[part.id], md5="0" * 32))
    assert excinfo.value.param == "md5"
    right = hashlib.md5(TEXT).hexdigest().upper()
    assert (await resolve(either.uploads.complete(upload.id, part_ids=[part.id], md5=right))).status == "completed"


async def test_parts_must_add_up_to_the_announced_size(either):
    upload = await begin(either)
    part = await add(either, upload, TEXT[:-1])
    with pytest.raises(openai.BadRequestError) as excinfo:
        await resolve(either.uploads.complete(upload.id, part_ids=[part.id]))
    assert excinfo.value.param == "bytes"
    rest = await add(either, upload, TEXT[-1:])
    assert (await resolve(either.uploads.complete(upload.id, part_ids=[part.id, rest.id]))).file.bytes == 29
    assert len((await resolve(either.files.list())).data) == 1


async def test_a_cancelled_upload_accepts_nothing_more(either):
    upload = await begin(either)
    part = await add(either, upload, TEXT)
    assert (await resolve(either.uploads.cancel(upload.id))).to_dict() == {**upload.to_dict(), "status": "cancelled"}
    for call in (
        lambda: either.uploads.parts.create(upload.id, data=TEXT),
        lambda: either.uploads.complete(upload.id, part_ids=[part.id]),
        lambda: either.uploads.cancel(upload.id),
    ):
        with pytest.raises(openai.BadRequestError, match="cancelled"):
            await resolve(call())


async def test_a_completed_upload_accepts_nothing_more(either):
    upload = await begin(either)
    part = await add(either, upload, TEXT)
    await resolve(either.uploads.complete(upload.id, part_ids=[part.id]))
    for call in (
        lambda: either.uploads.parts.create(upload.id, data=TEXT),
        lambda: either.uploads.complete(upload.id, part_ids=[part.id]),
        lambda: either.uploads.cancel(upload.id),
    ):
        with pytest.raises(openai.BadRequestError, match="completed"):
            await resolve(call())


async def test_an_upload_expires_after_an_hour(either, frozen):
    upload = await begin(either)
    part = await add(either, upload, TEXT)
    frozen.advance("59m59s")
    assert (await add(either, upload, b"x")).upload_id == upload.id
    frozen.advance("1s")
    for call in (
        lambda: either.uploads.parts.create(upload.id, data=TEXT),
        lambda: either.uploads.complete(upload.id, part_ids=[part.id]),
        lambda: either.uploads.cancel(upload.id),
    ):
        with pytest.raises(openai.BadRequestError, match="expired"):
            await resolve(call())


async def test_the_file_of_an_upload_can_be_given_an_expiry(either, frozen):
    upload = await begin(either, expires_after={"anchor": "created_at", "seconds": 7200})
    assert "expires_after" not in upload.to_dict()
    part = await add(either, upload, TEXT)
    frozen.advance("10m")
    complete = await resolve(either.uploads.complete(upload.id, part_ids=[part.id]))
    assert complete.expires_at == NOON_SECONDS + 3600
    assert complete.file.created_at == NOON_SECONDS
    assert complete.file.expires_at == NOON_SECONDS + 7200
    assert "expires_after" not in complete.to_dict()


async def test_the_client_can_upload_a_file_in_chunks(either):
    complete = await resolve(
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
    store = await resolve(either.vector_stores.create(file_ids=[complete.file.id]))
    assert (await resolve(either.vector_stores.retrieve(store.id))).file_counts.completed == 1


def test_parts_of_another_upload_are_not_found(client):
    one, other = client.uploads.create(**ABOUT), client.uploads.create(**ABOUT)
    part = client.uploads.parts.create(other.id, data=TEXT)
    for part_id in (part.id, "part_0"):
        with pytest.raises(openai.NotFoundError) as excinfo:
            client.uploads.complete(one.id, part_ids=[part_id])
        assert excinfo.value.body["message"] == f"No upload part found with id '{part_id}'."


def test_an_unknown_upload_is_not_found(ns):
    api = raw_api(ns, None)
    message = "No upload found with id 'upload_0'."
    assert_refused(api.post("/uploads/upload_0/complete", {"part_ids": []}), 404, message)
    assert_refused(api.post("/uploads/upload_0/cancel"), 404, message)
    assert_refused(api.post("/uploads/upload_0/parts", files={"data": ("upload", b"x")}), 404, message)


def test_keys_have_the_recorded_order_and_responses_end_in_a_newline(ns):
    api = raw_api(ns, None)
    response = api.post("/uploads", ABOUT)
    assert list(response.json()) == [
        "id",
        "object",
        "bytes",
        "created_at",
        "filename",
        "purpose",
        "status",
        "expires_at",
    ]
    part = api.post(f"/uploads/{response.json()['id']}/parts", files={"data": ("upload", TEXT)})
    assert list(part.json()) == ["id", "object", "created_at", "upload_id"]
    cancelled = api.post(f"/uploads/{response.json()['id']}/cancel")
    assert all(one.text.endswith("\n}\n") for one in (response, part, cancelled))


def test_a_part_has_to_be_a_file_called_data(ns):
    api = raw_api(ns, None)
    path = f"/uploads/{api.post_json('/uploads', ABOUT)['id']}/parts"
    message = "Missing required parameter: 'data'."
    for files in ({"file": ("upload", TEXT)}, {"data": (None, b"plain")}):
        assert_refused(api.request("POST", path, files=files), 400, message, "data", "missing_required_parameter")
    assert api.request("POST", path, json={"data": "x"}).status_code == 415


@pytest.mark.parametrize("purpose", ["assistants", "batch", "fine-tune", "vision"])
def test_an_upload_accepts_each_purpose(client, purpose):
    assert client.uploads.create(**{**ABOUT, "purpose": purpose}).purpose == purpose


@pytest.mark.parametrize("missing", ABOUT)
def test_every_field_is_required(ns, missing):
    body = {name: value for name, value in ABOUT.items() if name != missing}
    message = f"Missing required parameter: '{missing}'."
    assert_refused(raw_api(ns, None).post("/uploads", body), 400, message, missing, "missing_required_parameter")


def test_an_upload_has_at_most_eight_gigabytes(ns):
    api, most = raw_api(ns, None), 8 * 1024**3
    assert api.post_json("/uploads", {**ABOUT, "bytes": most})["bytes"] == most
    response = api.post("/uploads", {**ABOUT, "bytes": most + 1})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "bytes")


def test_the_file_of_an_upload_had_any_extension_in_october_2024_too(ns):
    ns.put(wire="2024-10-28")
    api = raw_api(ns)
    about = {"filename": "a.cs", "purpose": "assistants", "bytes": len(TEXT), "mime_type": "text/plain"}
    upload = api.post_json("/uploads", about)
    part = api.request("POST", f"/uploads/{upload['id']}/parts", files={"data": TEXT}).json()
    done = api.post_json(f"/uploads/{upload['id']}/complete", {"part_ids": [part["id"]]})
    assert (done["status"], done["file"]["filename"], done["file"]["purpose"]) == ("completed", "a.cs", "assistants")
