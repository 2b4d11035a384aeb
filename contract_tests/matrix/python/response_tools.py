"""Responses with built-in tools: searched files and citations, executed code and its container, files in the input."""

import base64

from checks import check, check_equal, flow
from program import STORES, client
from responses import HAS_RESPONSES, ask

CONTAINERS = getattr(client, "containers", None)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def quay():
    return client.files.create(
        file=("quay.txt", b"Opening hours of the lock: from five to nine."), purpose="assistants"
    )


@flow("responses: file search", needed=HAS_RESPONSES)
def search():
    file = quay()
    store = STORES.create(name="Quay", file_ids=[file.id])
    tool = {"type": "file_search", "vector_store_ids": [store.id]}
    response = ask("What are the opening hours of the lock?", tool, include=["file_search_call.results"])
    call, message = response.output
    check_equal("it says what it searched for", (call.type, len(call.queries)), ("file_search_call", 1))
    check_equal("it found the file", [(hit.file_id, hit.filename) for hit in call.results], [(file.id, "quay.txt")])
    (part,) = message.content
    check("the text has no marker", "【" not in part.text, part.text)
    check_equal(
        "the file is cited", [(one.type, one.file_id) for one in part.annotations], [("file_citation", file.id)]
    )
    call, _ = ask("What are the opening hours of the lock?", tool).output
    check_equal("results are shown on request only", call.results, None)


@flow("responses: code interpreter", needed=CONTAINERS is not None)
def code():
    tool = {"type": "code_interpreter", "container": {"type": "auto"}}
    response = ask("What is the mean?", tool, include=["code_interpreter_call.outputs"])
    call, message = response.output
    check("it has the code", call.code.startswith("heights = [3.1"), call)
    check_equal("and what came of it", [output.type for output in call.outputs], ["logs", "image"])
    check_equal("then comes the message", message.content[0].text, "The mean height is 3.5 metres.")
    container = CONTAINERS.retrieve(call.container_id)
    check_equal("it ran in a container", (container.id, container.status), (call.container_id, "running"))
    check("which is listed", container.id in [one.id for one in CONTAINERS.list()], "not listed")
    (image,) = CONTAINERS.files.list(container.id)
    drawn = CONTAINERS.files.content.retrieve(image.id, container_id=container.id).read()
    check("its image can be downloaded", drawn.startswith(b"\x89PNG"), drawn[:20])
    call, _ = ask("What is the mean?", tool, previous_response_id=response.id).output
    check_equal("the next call is in the same one", call.container_id, container.id)
    own = CONTAINERS.create(name="Harbour", file_ids=[quay().id])
    check_equal("a container takes files", len(list(CONTAINERS.files.list(own.id))), 1)
    call, _ = ask("What is the mean?", {"type": "code_interpreter", "container": own.id}).output
    check_equal("and can be named", call.container_id, own.id)
    CONTAINERS.delete(own.id)


@flow("responses: files and images in the input", needed=HAS_RESPONSES)
def inputs():
    url = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    upload = client.files.create(file=("pixel.png", PIXEL), purpose="vision")
    for name, part in (
        ("an image as a URL", {"type": "input_image", "image_url": url, "detail": "auto"}),
        ("an image as a file", {"type": "input_image", "file_id": upload.id, "detail": "auto"}),
        ("a file", {"type": "input_file", "file_id": quay().id}),
    ):
        content = [{"type": "input_text", "text": "How deep is it?"}, part]
        response = ask([{"role": "user", "content": content}])
        check_equal(name, response.status, "completed")
