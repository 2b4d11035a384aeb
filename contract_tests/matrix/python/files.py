"""Files: uploaded whole or in parts, listed, read and deleted."""

import io

import openai
from program import UPLOADS, VERSION, client
from telling import flow, holds, refused, same

LINES = b'{"prompt": "tide", "completion": "low"}\n'


@flow("files")
def whole_files():
    made = client.files.create(file=("Gezeiten täglich.csv", b"day,high\nmon,3.4\n"), purpose="assistants")
    same(
        "a file is made",
        (made.object, made.filename, made.bytes, made.purpose, made.status),
        ("file", "Gezeiten täglich.csv", 17, "assistants", "processed"),
    )
    holds("an id begins as it should", made.id.startswith("file-"), made.id)
    same("retrieved, it is the same", client.files.retrieve(made.id), made)
    same("it is processed at once", client.files.wait_for_processing(made.id).status, "processed")
    holds("it is listed", made.id in [one.id for one in client.files.list(purpose="assistants")])
    holds("under its purpose only", made.id not in [one.id for one in client.files.list(purpose="fine-tune")])
    refused(
        "files for assistants are not given back",
        openai.BadRequestError,
        lambda: client.files.content(made.id),
        status_code=400,
    )
    lines = client.files.create(file=("lines.jsonl", LINES), purpose="fine-tune")
    same("other files are", client.files.content(lines.id).read(), LINES)
    named = io.BytesIO(b"a named stream")
    named.name = "notes.txt"
    same("a stream's name is kept", client.files.create(file=named, purpose="assistants").filename, "notes.txt")
    holds("a deletion is told", client.files.delete(made.id).deleted)
    refused(
        "what is deleted is not found", openai.NotFoundError, lambda: client.files.retrieve(made.id), status_code=404
    )
    refused(
        "an unknown purpose is refused",
        openai.BadRequestError,
        lambda: client.files.create(file=("a.txt", b"a"), purpose="ballast"),
        status_code=400,
    )
    if VERSION >= (1, 66):
        made = [client.files.create(file=(f"{number}.txt", b"x"), purpose="user_data").id for number in range(5)]
        same("lists are turned", [one.id for one in client.files.list(purpose="user_data", limit=2)], made[::-1])
        same("in either order", [one.id for one in client.files.list(purpose="user_data", limit=3, order="asc")], made)


@flow("uploads in parts", needed=UPLOADS is not None)
def uploads():
    size = 2 * len(LINES)
    upload = UPLOADS.create(bytes=size, filename="lines.jsonl", mime_type="text/jsonl", purpose="fine-tune")
    same(
        "an upload is announced",
        (upload.object, upload.status, upload.bytes, upload.file),
        ("upload", "pending", size, None),
    )
    parts = [UPLOADS.parts.create(upload.id, data=LINES) for _ in range(2)]
    same("parts are taken", [(part.object, part.upload_id) for part in parts], [("upload.part", upload.id)] * 2)
    done = UPLOADS.complete(upload.id, part_ids=[part.id for part in parts])
    same(
        "together they are a file",
        (done.status, done.file.filename, done.file.bytes, done.file.purpose),
        ("completed", "lines.jsonl", size, "fine-tune"),
    )
    same("whose content is theirs", client.files.content(done.file.id).read(), LINES * 2)
    other = UPLOADS.create(bytes=9, filename="a.txt", mime_type="text/plain", purpose="assistants")
    same("an upload may be given up", UPLOADS.cancel(other.id).status, "cancelled")
    refused(
        "then it takes no more",
        openai.BadRequestError,
        lambda: UPLOADS.parts.create(other.id, data=b"x"),
        status_code=400,
    )
    if hasattr(UPLOADS, "upload_file_chunked"):
        text = b"the tide comes in, the tide goes out\n" * 40
        done = UPLOADS.upload_file_chunked(
            file=text, filename="tide.txt", bytes=len(text), mime_type="text/plain", purpose="user_data", part_size=512
        )
        same("the library cuts by itself", (done.status, done.file.bytes), ("completed", len(text)))
        same("and nothing is lost", client.files.content(done.file.id).read(), text)
