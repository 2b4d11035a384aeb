import openai
import pytest

from contract_tests.harness import NOON_SECONDS, done, everything
from contract_tests.lines import file_of, is_id, line, refused

PURPOSES = ["fine-tune", "assistants", "batch", "user_data", "vision", "evals"]
DAY = {"anchor": "created_at", "seconds": 86_400}


async def test_a_file_is_described_by_what_was_sent(either, frozen):
    made = await done(either.files.create(file=file_of("tides.txt", "Flut um zwölf"), purpose="assistants"))
    assert made.to_dict() == {
        "object": "file",
        "id": made.id,
        "purpose": "assistants",
        "filename": "tides.txt",
        "bytes": 14,
        "created_at": NOON_SECONDS,
        "expires_at": None,
        "status": "processed",
        "status_details": None,
    }
    assert is_id(made.id, "file-", 22)
    assert await done(either.files.retrieve(made.id)) == made


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_can_be_uploaded(client, purpose):
    assert client.files.create(file=file_of(), purpose=purpose).purpose == purpose


@pytest.mark.parametrize(
    "name", ["Gezeiten früh.txt", "潮汐.md", "it's a name; yes.txt", "no-extension", "x" * 200 + ".txt"]
)
def test_a_name_comes_back_as_it_was_sent(client, name):
    made = client.files.create(file=(name, b"x"), purpose="user_data")
    assert client.files.retrieve(made.id).filename == name
    assert client.files.content(made.id).read() == b"x"


@pytest.mark.parametrize("data", [b"", bytes(range(256)) * 300, "äöü\r\n\n".encode(), b"--boundary\r\n\r\n--"])
async def test_bytes_come_back_unchanged(either, data):
    made = await done(either.files.create(file=("blob.bin", data), purpose="user_data"))
    assert made.bytes == len(data)
    answer = await done(either.files.content(made.id))
    assert answer.content == data


def test_the_content_of_a_file_is_an_attachment_whatever_is_accepted(ns, client):
    made = client.files.create(file=("buoy.png", b"\x89PNG"), purpose="vision")
    for accept in ("application/json", "application/binary", "*/*"):
        answer = line(ns, None).get(f"/files/{made.id}/content", headers={"accept": accept})
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == 'attachment; filename="buoy.png"'
        assert (answer.headers["content-length"], answer.content) == ("4", b"\x89PNG")


def test_what_was_given_to_assistants_cannot_be_read_back(ns, client):
    for purpose in PURPOSES:
        made = client.files.create(file=file_of(), purpose=purpose)
        answer = line(ns, None).get(f"/files/{made.id}/content")
        if purpose == "assistants":
            refused(answer, 400, "Not allowed to download files of purpose: assistants")
        else:
            assert answer.status_code == 200


async def test_what_an_assistant_made_can_be_read_back(either, ns):
    ns.plays({"say": "Look.", "images": ["data:image/png;base64,iVBORw0KGgo="]})
    boss = await done(either.beta.assistants.create(model="gpt-4o", instructions="x"))
    run = await done(either.beta.threads.create_and_run_poll(assistant_id=boss.id))
    message = (await done(either.beta.threads.messages.list(run.thread_id))).data[0]
    (image,) = [part.image_file.file_id for part in message.content if part.type == "image_file"]
    file = await done(either.files.retrieve(image))
    assert file.purpose == "assistants_output"
    assert (await done(either.files.content(image))).content == b"\x89PNG\r\n\x1a\n"


async def test_files_are_listed_newest_first(either):
    made = [(await done(either.files.create(file=file_of(f"{n}.txt"), purpose="assistants"))).id for n in range(5)]
    page = await done(either.files.list())
    assert [file.id for file in page.data] == made[::-1]
    assert page.has_more is False
    assert [file.id for file in (await done(either.files.list(order="asc"))).data] == made
    assert [file.id for file in await everything(either.files.list(limit=2))] == made[::-1]
    part = await done(either.files.list(order="asc", after=made[1], limit=2))
    assert [file.id for file in part.data] == made[2:4]
    assert part.has_more is True


async def test_files_of_one_purpose_can_be_listed(either):
    vision = await done(either.files.create(file=file_of("a.png", b"x"), purpose="vision"))
    await done(either.files.create(file=file_of(), purpose="assistants"))
    assert [file.id for file in (await done(either.files.list(purpose="vision"))).data] == [vision.id]
    assert (await done(either.files.list(purpose="evals"))).data == []


def test_a_list_of_files_takes_ten_thousand_at_once(ns):
    ask = line(ns, None)
    assert ask.get("/files", params={"limit": 10_000}).status_code == 200
    words = "Invalid 'limit': integer above maximum value. Expected a value <= 10000, but got 10001 instead."
    refused(ask.get("/files", params={"limit": 10_001}), 400, words, "limit", "integer_above_max_value")


def test_more_than_twenty_files_fit_on_a_page(client):
    for n in range(25):
        client.files.create(file=file_of(f"{n}.txt", b""), purpose="batch")
    assert len(client.files.list().data) == 25


async def test_a_deleted_file_is_gone(either):
    made = await done(either.files.create(file=file_of(), purpose="batch"))
    gone = await done(either.files.delete(made.id))
    assert gone.to_dict() == {"object": "file", "deleted": True, "id": made.id}
    assert (await done(either.files.list())).data == []
    for call in (either.files.retrieve, either.files.delete, either.files.content):
        with pytest.raises(openai.NotFoundError) as missing:
            await done(call(made.id))
        assert missing.value.body["message"] == f"No such File object: {made.id}"
        assert missing.value.param == "id"


async def test_a_processed_file_need_not_be_waited_for(either):
    made = await done(either.files.create(file=file_of(), purpose="batch"))
    assert (await done(either.files.wait_for_processing(made.id))).status == "processed"


# --- bytes ----------------------------------------------------------------------------------------------------------


def test_bodies_of_files_end_in_a_newline_and_begin_with_the_object(ns):
    ask = line(ns, None)
    made = ask.ask("POST", "/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"{}")})
    answers = [
        made,
        ask.get(f"/files/{made.json()['id']}"),
        ask.get("/files"),
        ask.delete(f"/files/{made.json()['id']}"),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "application/json"
        assert answer.text.startswith('{\n  "object": ')
        assert answer.text.endswith("\n}\n")
    keys = ["object", "id", "purpose", "filename", "bytes", "created_at", "expires_at", "status", "status_details"]
    assert list(answers[0].json()) == list(answers[1].json()) == keys
    assert list(answers[2].json()) == ["object", "data", "has_more", "first_id", "last_id"]
    assert list(answers[3].json()) == ["object", "deleted", "id"]


def test_refusals_of_files_and_uploads_end_in_a_newline_as_well(ns):
    ask = line(ns, None)
    for path in ("/files/file-0", "/files/file-0/content"):
        assert ask.get(path).text.endswith("\n}\n")
    assert ask.post("/uploads/upload_0/cancel").text.endswith("\n}\n")
    assert ask.get("/vector_stores/vs_0").text.endswith("\n}")


def test_files_and_uploads_may_be_read_by_any_page(ns):
    ask = line(ns, None)
    made = ask.ask("POST", "/files", data={"purpose": "batch"}, files={"file": ("a.jsonl", b"{}")})
    for answer in (made, ask.get("/files"), ask.get("/files/file-0"), ask.post("/uploads/upload_0/cancel")):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in ask.get("/vector_stores").headers


@pytest.mark.parametrize(
    "disposition",
    [
        "name=file; filename=\"=?utf-8?B?5r2u5rGQLnR4dA==?=\"; filename*=utf-8''%E6%BD%AE%E6%B1%90.txt",
        'name="file"; filename*=UTF-8\'de\'%E6%BD%AE%E6%B1%90.txt; filename="tides.txt"',
    ],
)
def test_a_name_in_the_extended_notation_wins(ns, disposition):
    body = (
        f"--B\r\nContent-Disposition: form-data; name=purpose\r\n\r\nassistants\r\n--B\r\n"
        f"Content-Disposition: form-data; {disposition}\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=B"}
    assert line(ns, None).make("/files", content=body.encode(), headers=headers)["filename"] == "潮汐.txt"


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
def test_a_strange_name_is_a_name(ns, disposition, name):
    body = (
        f"--B\r\nContent-Disposition: form-data; name=purpose\r\n\r\nassistants\r\n--B\r\n"
        f"Content-Disposition: form-data; {disposition}\r\n\r\nx\r\n--B--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=B"}
    assert line(ns, None).make("/files", content=body.encode(), headers=headers)["filename"] == name


def test_a_file_for_a_batch_goes_after_thirty_days(frozen):
    made = line(frozen, None).upload("a.jsonl", b"{}", "batch")
    assert made["expires_at"] - made["created_at"] == 30 * 24 * 3600


def test_a_list_without_files_names_none(ns):
    empty = '{\n  "object": "list",\n  "data": [],\n  "has_more": false,\n  "first_id": null,\n  "last_id": null\n}\n'
    assert line(ns, None).get("/files").text == empty


def test_fields_may_come_before_and_after_the_file(ns):
    ask = line(ns, None)
    for parts in (
        [("purpose", (None, b"batch")), ("file", ("a.txt", b"x"))],
        [("file", ("a.txt", b"x")), ("purpose", (None, b"batch"))],
    ):
        made = ask.make("/files", files=parts)
        assert (made["purpose"], made["filename"], made["bytes"]) == ("batch", "a.txt", 1)


# --- expiry ---------------------------------------------------------------------------------------------------------


async def test_a_file_can_be_given_an_end(either, frozen):
    made = await done(either.files.create(file=file_of(), purpose="batch", expires_after=DAY))
    assert made.expires_at == NOON_SECONDS + 86_400
    frozen.advance("23h59m59s")
    assert await done(either.files.retrieve(made.id)) == made
    frozen.advance("1s")
    for call in (either.files.retrieve, either.files.content, either.files.delete):
        with pytest.raises(openai.NotFoundError):
            await done(call(made.id))


async def test_an_expired_file_is_listed_no_more(either, frozen):
    stays = await done(either.files.create(file=file_of("a.txt"), purpose="batch"))
    await done(either.files.create(file=file_of("b.txt"), purpose="batch", expires_after=DAY))
    frozen.advance("1d")
    assert [file.id for file in (await done(either.files.list())).data] == [stays.id]


def test_an_expired_file_cannot_go_into_a_store(client, frozen):
    made = client.files.create(file=file_of(), purpose="assistants", expires_after=DAY)
    frozen.advance("1d")
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.create(file_ids=[made.id])


@pytest.mark.parametrize(
    "given, param, code",
    [
        ({"anchor": "created_at", "seconds": 3599}, "expires_after.seconds", "integer_below_min_value"),
        ({"anchor": "created_at", "seconds": 2_592_001}, "expires_after.seconds", "integer_above_max_value"),
        ({"anchor": "last_active_at", "seconds": 3600}, "expires_after.anchor", "invalid_value"),
        ({"anchor": "created_at"}, "expires_after.seconds", "missing_required_parameter"),
        ({"seconds": 3600}, "expires_after.anchor", "missing_required_parameter"),
        ({"anchor": "created_at", "seconds": "soon"}, "expires_after.seconds", "invalid_type"),
    ],
)
def test_an_end_that_cannot_be_is_refused(client, given, param, code):
    with pytest.raises(openai.BadRequestError) as wrong:
        client.files.create(file=file_of(), purpose="batch", expires_after=given)
    assert (wrong.value.param, wrong.value.code) == (param, code)
    assert client.files.list().data == []


@pytest.mark.parametrize("seconds", [3600, 2_592_000])
def test_an_end_may_be_an_hour_or_thirty_days_away(client, frozen, seconds):
    made = client.files.create(
        file=file_of(), purpose="batch", expires_after={"anchor": "created_at", "seconds": seconds}
    )
    assert made.expires_at == NOON_SECONDS + seconds
