import openai
import pytest

from contract_tests.harness import NOON_SECONDS, all_items, resolve
from contract_tests.raw_api import assert_refused, file_of, is_id, raw_api

PURPOSES = ["fine-tune", "assistants", "batch", "user_data", "vision", "evals"]
DAY = {"anchor": "created_at", "seconds": 86_400}


async def test_a_file_is_described_as_it_was_uploaded(either, frozen):
    file = await resolve(either.files.create(file=file_of("tides.txt", "Flut um zwölf"), purpose="assistants"))
    assert file.to_dict() == {
        "object": "file",
        "id": file.id,
        "purpose": "assistants",
        "filename": "tides.txt",
        "bytes": 14,
        "created_at": NOON_SECONDS,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    assert is_id(file.id, "file-", 22)
    assert await resolve(either.files.retrieve(file.id)) == file


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_can_be_uploaded(client, purpose):
    assert client.files.create(file=file_of(), purpose=purpose).purpose == purpose


@pytest.mark.parametrize(
    "name", ["Gezeiten früh.txt", "潮汐.md", "it's a name; yes.txt", "no-extension", "x" * 200 + ".txt"]
)
def test_a_name_comes_back_as_it_was_sent(client, name):
    file = client.files.create(file=(name, b"x"), purpose="user_data")
    assert client.files.retrieve(file.id).filename == name
    assert client.files.content(file.id).read() == b"x"


@pytest.mark.parametrize("data", [bytes(range(256)) * 300, "äöü\r\n\n".encode(), b"--boundary\r\n\r\n--"])
async def test_bytes_come_back_unchanged(either, data):
    file = await resolve(either.files.create(file=("blob.bin", data), purpose="user_data"))
    assert file.bytes == len(data)
    response = await resolve(either.files.content(file.id))
    assert response.content == data


def test_the_content_of_a_file_is_an_attachment_for_any_accept_header(ns, client):
    file = client.files.create(file=("buoy.png", b"\x89PNG"), purpose="vision")
    for accept in ("application/json", "application/binary", "*/*"):
        response = raw_api(ns, None).get(f"/files/{file.id}/content", headers={"accept": accept})
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["content-disposition"] == 'attachment; filename="buoy.png"'
        assert (response.headers["content-length"], response.content) == ("4", b"\x89PNG")


def test_files_for_assistants_cannot_be_downloaded(ns, client):
    for purpose in PURPOSES:
        file = client.files.create(file=file_of(), purpose=purpose)
        response = raw_api(ns, None).get(f"/files/{file.id}/content")
        if purpose == "assistants":
            assert_refused(response, 400, "Not allowed to download files of purpose: assistants")
        else:
            assert response.status_code == 200


async def test_generated_files_can_be_downloaded(either, ns):
    ns.play({"say": "Look.", "images": ["data:image/png;base64,iVBORw0KGgo="]})
    assistant = await resolve(either.beta.assistants.create(model="gpt-4o", instructions="x"))
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))
    message = (await resolve(either.beta.threads.messages.list(run.thread_id))).data[0]
    (image,) = [part.image_file.file_id for part in message.content if part.type == "image_file"]
    file = await resolve(either.files.retrieve(image))
    assert file.purpose == "assistants_output"
    assert (await resolve(either.files.content(image))).content == b"\x89PNG\r\n\x1a\n"


async def test_files_are_listed_newest_first(either):
    ids = [(await resolve(either.files.create(file=file_of(f"{n}.txt"), purpose="assistants"))).id for n in range(5)]
    page = await resolve(either.files.list())
    assert [file.id for file in page.data] == ids[::-1]
    assert page.has_more is False
    assert [file.id for file in (await resolve(either.files.list(order="asc"))).data] == ids
    assert [file.id for file in await all_items(either.files.list(limit=2))] == ids[::-1]
    part = await resolve(either.files.list(order="asc", after=ids[1], limit=2))
    assert [file.id for file in part.data] == ids[2:4]
    assert part.has_more is True


async def test_files_of_one_purpose_can_be_listed(either):
    vision = await resolve(either.files.create(file=file_of("a.png", b"x"), purpose="vision"))
    await resolve(either.files.create(file=file_of(), purpose="assistants"))
    assert [file.id for file in (await resolve(either.files.list(purpose="vision"))).data] == [vision.id]
    assert (await resolve(either.files.list(purpose="evals"))).data == []


def test_a_page_of_files_holds_up_to_ten_thousand(ns):
    api = raw_api(ns, None)
    assert api.get("/files", params={"limit": 10_000}).status_code == 200
    message = "Invalid 'limit': integer above maximum value. Expected a value <= 10000, but got 10001 instead."
    assert_refused(api.get("/files", params={"limit": 10_001}), 400, message, "limit", "integer_above_max_value")


def test_a_page_of_files_holds_more_than_twenty(client):
    for n in range(25):
        client.files.create(file=file_of(f"{n}.txt", b"x"), purpose="batch")
    assert len(client.files.list().data) == 25


async def test_a_deleted_file_is_gone(either):
    file = await resolve(either.files.create(file=file_of(), purpose="batch"))
    deletion = await resolve(either.files.delete(file.id))
    assert deletion.to_dict() == {"object": "file", "deleted": True, "id": file.id}
    assert (await resolve(either.files.list())).data == []
    for call in (either.files.retrieve, either.files.delete, either.files.content):
        with pytest.raises(openai.NotFoundError) as excinfo:
            await resolve(call(file.id))
        assert excinfo.value.body["message"] == f"No such File object: {file.id}"
        assert excinfo.value.param == "id"


async def test_a_processed_file_need_not_be_waited_for(either):
    file = await resolve(either.files.create(file=file_of(), purpose="batch"))
    assert (await resolve(either.files.wait_for_processing(file.id))).status == "processed"


# --- bytes ----------------------------------------------------------------------------------------------------------


def test_responses_about_files_start_with_object_and_end_in_a_newline(ns):
    api = raw_api(ns, None)
    created = api.request("POST", "/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"{}")})
    answers = [
        created,
        api.get(f"/files/{created.json()['id']}"),
        api.get("/files"),
        api.delete(f"/files/{created.json()['id']}"),
    ]
    for response in answers:
        assert response.headers["content-type"] == "application/json"
        assert response.text.startswith('{\n  "object": ')
        assert response.text.endswith("\n}\n")
    keys = ["object", "id", "purpose", "filename", "bytes", "created_at", "expires_at", "status", "status_details"]
    assert list(answers[0].json()) == list(answers[1].json()) == keys
    assert list(answers[2].json()) == ["object", "data", "has_more", "first_id", "last_id"]
    assert list(answers[3].json()) == ["object", "deleted", "id"]


def test_errors_of_files_and_uploads_end_in_a_newline_as_well(ns):
    api = raw_api(ns, None)
    for path in ("/files/file-0", "/files/file-0/content"):
        assert api.get(path).text.endswith("\n}\n")
    assert api.post("/uploads/upload_0/cancel").text.endswith("\n}\n")
    assert api.get("/vector_stores/vs_0").text.endswith("\n}")


def test_files_and_uploads_can_be_read_by_any_web_page(ns):
    api = raw_api(ns, None)
    created = api.request("POST", "/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"{}")})
    for response in (created, api.get("/files"), api.get("/files/file-0"), api.post("/uploads/upload_0/cancel")):
        assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in api.get("/vector_stores").headers


@pytest.mark.parametrize(
    "disposition",
    [
        "name=file; filename=\"=?utf-8?B?5r2u5rGQLnR4dA==?=\"; filename*=utf-8''%E6%BD%AE%E6%B1%90.txt",
        'name="file"; filename*=UTF-8\'de\'%E6%BD%AE%E6%B1%90.txt; filename="tides.txt"',
    ],
)
def test_an_extended_filename_wins(ns, disposition):
    body = (
        f"--B\r\nContent-Disposition: form-data; name=purpose\r\n\r\nassistants\r\n--B\r\n"
        f"Content-Disposition: form-data; {disposition}\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=B"}
    assert raw_api(ns, None).post_json("/files", content=body.encode(), headers=headers)["filename"] == "潮汐.txt"


@pytest.mark.parametrize(
    "disposition, name",
    [
        ("name=file; filename=\"filename*=utf-8''evil.txt\"", "filename*=utf-8''evil.txt"),
        ("name=file; filename=a.txt; filename*=idna''x", "a.txt"),
        ("name=file; filename=a.txt; filename*=unicode_escape''%5Cud800x", "a.txt"),
        ("name=file; filename=a.txt; filename*=iso-8859-1''%E9.txt", "é.txt"),
        ("name=file; filename=a.txt; filename*=utf-8''%ff.txt", "\ufffd.txt"),
    ],
)
def test_unusual_filenames_are_accepted(ns, disposition, name):
    body = (
        f"--B\r\nContent-Disposition: form-data; name=purpose\r\n\r\nassistants\r\n--B\r\n"
        f"Content-Disposition: form-data; {disposition}\r\n\r\nx\r\n--B--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=B"}
    assert raw_api(ns, None).post_json("/files", content=body.encode(), headers=headers)["filename"] == name


def test_a_file_for_a_batch_expires_after_thirty_days(frozen):
    file = raw_api(frozen, None).upload("a.jsonl", b"{}", "batch")
    assert file["expires_at"] - file["created_at"] == 30 * 24 * 3600


def test_an_empty_list_of_files_has_no_ids(ns):
    empty = '{\n  "object": "list",\n  "data": [],\n  "has_more": false,\n  "first_id": null,\n  "last_id": null\n}\n'
    assert raw_api(ns, None).get("/files").text == empty


def test_form_fields_can_come_before_and_after_the_file(ns):
    api = raw_api(ns, None)
    for parts in (
        [("purpose", (None, b"batch")), ("file", ("a.txt", b"x"))],
        [("file", ("a.txt", b"x")), ("purpose", (None, b"batch"))],
    ):
        file = api.post_json("/files", files=parts)
        assert (file["purpose"], file["filename"], file["bytes"]) == ("batch", "a.txt", 1)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_empty_file_is_refused(ns, purpose):
    api = raw_api(ns, None)
    response = api.post("/files", files={"file": ("a.jsonl", b"")}, data={"purpose": purpose})
    assert_refused(response, 400, "File is empty.")
    assert api.get_json("/files")["data"] == []


# --- expiry ---------------------------------------------------------------------------------------------------------


async def test_a_file_can_be_given_an_expiry(either, frozen):
    file = await resolve(either.files.create(file=file_of(), purpose="batch", expires_after=DAY))
    assert file.expires_at == NOON_SECONDS + 86_400
    frozen.advance("23h59m59s")
    assert await resolve(either.files.retrieve(file.id)) == file
    frozen.advance("1s")
    for call in (either.files.retrieve, either.files.content, either.files.delete):
        with pytest.raises(openai.NotFoundError):
            await resolve(call(file.id))


async def test_an_expired_file_is_no_longer_listed(either, frozen):
    stays = await resolve(either.files.create(file=file_of("a.txt"), purpose="batch"))
    await resolve(either.files.create(file=file_of("b.txt"), purpose="batch", expires_after=DAY))
    frozen.advance("1d")
    assert [file.id for file in (await resolve(either.files.list())).data] == [stays.id]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_are_full_whatever_has_expired_between_and_behind_them(client, frozen, order):
    live = []
    for number in range(6):
        live.append(client.files.create(file=file_of(f"{number}.txt"), purpose="batch").id)
        client.files.create(file=file_of("gone.txt"), purpose="batch", expires_after=DAY)
    if order == "desc":
        live.reverse()
    frozen.advance("1d")
    first = client.files.list(limit=3, order=order)
    assert ([file.id for file in first.data], first.has_more) == (live[:3], True)
    rest = client.files.list(limit=3, order=order, after=live[2])
    assert ([file.id for file in rest.data], rest.has_more) == (live[3:], False)


def test_an_expired_file_cannot_go_into_a_store(client, frozen):
    file = client.files.create(file=file_of(), purpose="assistants", expires_after=DAY)
    frozen.advance("1d")
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.create(file_ids=[file.id])


@pytest.mark.parametrize(
    "expires_after, param, code",
    [
        ({"anchor": "created_at", "seconds": 3599}, "expires_after.seconds", "integer_below_min_value"),
        ({"anchor": "created_at", "seconds": 2_592_001}, "expires_after.seconds", "integer_above_max_value"),
        ({"anchor": "last_active_at", "seconds": 3600}, "expires_after.anchor", "invalid_value"),
        ({"anchor": "created_at"}, "expires_after.seconds", "missing_required_parameter"),
        ({"seconds": 3600}, "expires_after.anchor", "missing_required_parameter"),
        ({"anchor": "created_at", "seconds": "soon"}, "expires_after.seconds", "invalid_type"),
    ],
)
def test_an_invalid_expiry_is_refused(client, expires_after, param, code):
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.files.create(file=file_of(), purpose="batch", expires_after=expires_after)
    assert (excinfo.value.param, excinfo.value.code) == (param, code)
    assert client.files.list().data == []


@pytest.mark.parametrize("seconds", [3600, 2_592_000])
def test_an_expiry_can_be_an_hour_or_thirty_days_away(client, frozen, seconds):
    file = client.files.create(
        file=file_of(), purpose="batch", expires_after={"anchor": "created_at", "seconds": seconds}
    )
    assert file.expires_at == NOON_SECONDS + seconds
