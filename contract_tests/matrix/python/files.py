"""Files: uploaded whole or in parts, listed, downloaded and deleted."""

import io

import openai
from checks import check, check_equal, check_refused, flow
from program import UPLOADS, VERSION, client

LINES = b'{"prompt": "tide", "completion": "low"}\n'


@flow("files")
def whole_files():
    file = client.files.create(file=("Gezeiten täglich.csv", b"day,high\nmon,3.4\n"), purpose="assistants")
    check_equal(
        "a file is created",
        (file.object, file.filename, file.bytes, file.purpose, file.status),
        ("file", "Gezeiten täglich.csv", 17, "assistants", "processed"),
    )
    check("an id has its prefix", file.id.startswith("file-"), file.id)
    check_equal("retrieving returns the same object", client.files.retrieve(file.id), file)
    check_equal("it is processed at once", client.files.wait_for_processing(file.id).status, "processed")
    check("it is listed", file.id in [one.id for one in client.files.list(purpose="assistants")])
    check("under its purpose only", file.id not in [one.id for one in client.files.list(purpose="fine-tune")])
    check_refused(
        "files for assistants cannot be downloaded",
        openai.BadRequestError,
        lambda: client.files.content(file.id),
        status_code=400,
    )
    lines = client.files.create(file=("lines.jsonl", LINES), purpose="fine-tune")
    check_equal("other files can", client.files.content(lines.id).read(), LINES)
    named = io.BytesIO(b"a named stream")
    named.name = "notes.txt"
    check_equal("a stream's name is kept", client.files.create(file=named, purpose="assistants").filename, "notes.txt")
    check("the deletion is confirmed", client.files.delete(file.id).deleted)
    check_refused(
        "a deleted object is not found", openai.NotFoundError, lambda: client.files.retrieve(file.id), status_code=404
    )
    check_refused(
        "an unknown purpose is refused",
        openai.BadRequestError,
        lambda: client.files.create(file=("a.txt", b"a"), purpose="ballast"),
        status_code=400,
    )
    if VERSION >= (1, 66):
        file = [client.files.create(file=(f"{number}.txt", b"x"), purpose="user_data").id for number in range(5)]
        check_equal("lists are paged", [one.id for one in client.files.list(purpose="user_data", limit=2)], file[::-1])
        check_equal(
            "in either order", [one.id for one in client.files.list(purpose="user_data", limit=3, order="asc")], file
        )


@flow("uploads in parts", needed=UPLOADS is not None)
def uploads():
    size = 2 * len(LINES)
    upload = UPLOADS.create(bytes=size, filename="lines.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    check_equal(
        "an upload is created",
        (upload.object, upload.status, upload.bytes, upload.file),
        ("upload", "pending", size, None),
    )
    parts = [UPLOADS.parts.create(upload.id, data=LINES) for _ in range(2)]
    check_equal(
        "parts are accepted", [(part.object, part.upload_id) for part in parts], [("upload.part", upload.id)] * 2
    )
    done = UPLOADS.complete(upload.id, part_ids=[part.id for part in parts])
    check_equal(
        "the parts are joined to a file",
        (done.status, done.file.filename, done.file.bytes, done.file.purpose),
        ("completed", "lines.jsonl", size, "fine-tune"),
    )
    check_equal("whose content is complete", client.files.content(done.file.id).read(), LINES * 2)
    other = UPLOADS.create(bytes=9, filename="a.txt", mime_type="text/plain", purpose="assistants")
    check_equal("an upload can be cancelled", UPLOADS.cancel(other.id).status, "cancelled")
    check_refused(
        "then it accepts no more parts",
        openai.BadRequestError,
        lambda: UPLOADS.parts.create(other.id, data=b"x"),
        status_code=400,
    )
    if hasattr(UPLOADS, "upload_file_chunked"):
        text = b"the tide comes in, the tide goes out\n" * 40
        done = UPLOADS.upload_file_chunked(
            file=text, filename="tide.txt", bytes=len(text), mime_type="text/plain", purpose="user_data", part_size=512
        )
        check_equal("the library splits files itself", (done.status, done.file.bytes), ("completed", len(text)))
        check_equal("and nothing is lost", client.files.content(done.file.id).read(), text)
