"""Assistants, threads and messages: what is created is found again, changed and deleted, and lists are turned page by page."""

import openai
from program import (
    BOATS,
    CODE,
    GAUGE,
    IS_V1,
    MODEL,
    SEARCH,
    VERSION,
    asked,
    beta,
    client,
    forget_requests,
    make_assistant,
    messages,
    threads,
)
from telling import flow, holds, refused, same


@flow("assistants")
def assistants():
    made = beta.assistants.create(
        model=MODEL,
        name="Hafenmeister ⚓",
        description="Knows the tides.",
        instructions="Answer briefly.",
        tools=[CODE, {"type": SEARCH}, GAUGE],
        metadata={"城市": "Büsum"},
    )
    holds("an id begins as it should", made.id.startswith("asst_"), made.id)
    same(
        "texts come back",
        (made.name, made.description, made.instructions),
        ("Hafenmeister ⚓", "Knows the tides.", "Answer briefly."),
    )
    same("metadata comes back", made.metadata, {"城市": "Büsum"})
    same("tools come back in order", [tool.type for tool in made.tools], ["code_interpreter", SEARCH, "function"])
    holds(
        "tools have the classes of the library",
        type(made.tools[2]).__module__.startswith("openai.types"),
        type(made.tools[2]),
    )
    same("a function's schema comes back unchanged", made.tools[2].function.parameters, GAUGE["function"]["parameters"])
    same("retrieved, it is the same", beta.assistants.retrieve(made.id), made)
    changed = beta.assistants.update(made.id, name="Clerk", metadata={"pier": "2"})
    same(
        "an update changes what it names",
        (changed.name, changed.metadata, changed.model),
        ("Clerk", {"pier": "2"}, MODEL),
    )
    if IS_V1:
        same("v1 has file_ids", made.file_ids, [])
        holds(
            "v1 has no tool_resources",
            "tool_resources" not in made.model_fields_set if hasattr(made, "model_fields_set") else True,
        )
    else:
        holds("v2 has tool_resources", hasattr(made, "tool_resources"))
        same("v2 has sampling", (made.temperature, made.top_p), (1.0, 1.0))
    plain = beta.assistants.create(model=MODEL)
    same("what was not given is null", (plain.name, plain.description, plain.instructions), (None, None, None))
    same("lists and maps are never null", (plain.tools, plain.metadata), ([], {}))
    holds("a deletion is told", beta.assistants.delete(made.id).deleted)
    refused(
        "what is deleted is not found", openai.NotFoundError, lambda: beta.assistants.retrieve(made.id), status_code=404
    )
    empty = beta.assistants.create(model=MODEL, name=None, instructions=None, metadata=None)
    same("null is as if not given", (empty.name, empty.metadata), (None, {}))


@flow("assistant files", needed=IS_V1)
def assistant_files():
    file = client.files.create(file=("tides.txt", b"High water at noon."), purpose="assistants")
    other = client.files.create(file=("boats.txt", b"Two boats."), purpose="assistants")
    made = make_assistant({"type": "retrieval"}, file_ids=[file.id])
    same("an assistant is made with files", made.file_ids, [file.id])
    link = beta.assistants.files.create(made.id, file_id=other.id)
    same("a file is attached", (link.id, link.assistant_id, link.object), (other.id, made.id, "assistant.file"))
    same("files are listed", {one.id for one in beta.assistants.files.list(made.id)}, {file.id, other.id})
    same("a file is found", beta.assistants.files.retrieve(other.id, assistant_id=made.id).id, other.id)
    same("the assistant names both", set(beta.assistants.retrieve(made.id).file_ids), {file.id, other.id})
    holds("a file is detached", beta.assistants.files.delete(other.id, assistant_id=made.id).deleted)
    same("then only one is left", beta.assistants.retrieve(made.id).file_ids, [file.id])
    same("an update replaces them", beta.assistants.update(made.id, file_ids=[]).file_ids, [])


@flow("threads")
def conversations():
    thread = threads.create()
    same("an empty thread is made", (thread.object, thread.metadata), ("thread", {}))
    holds("an id begins as it should", thread.id.startswith("thread_"), thread.id)
    if IS_V1:
        same("v1 threads have four fields", sorted(dict(thread)), ["created_at", "id", "metadata", "object"])
    else:
        holds("v2 threads have tool_resources", hasattr(thread, "tool_resources"))
    full = threads.create(
        messages=[{"role": "user", "content": f"line {number}", "metadata": {"n": str(number)}} for number in range(3)],
        metadata={"boat": "Möwe"},
    )
    same("retrieved, it has its metadata", threads.retrieve(full.id).metadata, {"boat": "Möwe"})
    same(
        "an update replaces metadata", threads.update(full.id, metadata={"boat": "Krabbe"}).metadata, {"boat": "Krabbe"}
    )
    listed = messages.list(full.id)
    same(
        "messages of one second are listed newest first",
        [one.content[0].text.value for one in listed.data],
        ["line 2", "line 1", "line 0"],
    )
    same("messages keep their metadata", listed.data[0].metadata, {"n": "2"})
    holds("a deletion is told", threads.delete(full.id).deleted)
    refused("what is deleted is not found", openai.NotFoundError, lambda: threads.retrieve(full.id), status_code=404)
    refused("its messages neither", openai.NotFoundError, lambda: messages.list(full.id), status_code=404)


@flow("messages")
def talk():
    thread = threads.create()
    made = messages.create(thread.id, role="user", content="Is the ferry late?", metadata={"k": "v"})
    same(
        "a message is made",
        (made.object, made.role, made.thread_id, made.metadata),
        ("thread.message", "user", thread.id, {"k": "v"}),
    )
    same("nobody's run said it", (made.run_id, made.assistant_id), (None, None))
    same(
        "its text is there",
        (made.content[0].type, made.content[0].text.value, made.content[0].text.annotations),
        ("text", "Is the ferry late?", []),
    )
    same("retrieved, it is the same", messages.retrieve(made.id, thread_id=thread.id), made)
    same(
        "an update replaces metadata",
        messages.update(made.id, thread_id=thread.id, metadata={"k": "w"}).metadata,
        {"k": "w"},
    )
    file = client.files.create(file=("list.csv", b"boat,length\nKrabbe,7\n"), purpose="assistants")
    if IS_V1:
        same("v1 has file_ids", made.file_ids, [])
        carrying = messages.create(thread.id, role="user", content="See the list.", file_ids=[file.id])
        same("a message carries a file", carrying.file_ids, [file.id])
        found = list(messages.files.list(carrying.id, thread_id=thread.id))
        same(
            "its files are listed",
            [(one.id, one.message_id, one.object) for one in found],
            [(file.id, carrying.id, "thread.message.file")],
        )
        same(
            "a file of it is found",
            messages.files.retrieve(file.id, thread_id=thread.id, message_id=carrying.id).id,
            file.id,
        )
    else:
        same("v2 has attachments", made.attachments, [])
        carrying = messages.create(
            thread.id, role="user", content="See the list.", attachments=[{"file_id": file.id, "tools": [CODE]}]
        )
        same("a message carries a file", [one.file_id for one in carrying.attachments], [file.id])
        # 1.21 expected another name here, and leaves what came as it came.
        tool = carrying.attachments[0].tools[0]
        same("for a tool", tool["type"] if isinstance(tool, dict) else tool.type, "code_interpreter")
        words = messages.create(thread.id, role="assistant", content=[{"type": "text", "text": "I see."}])
        same(
            "an assistant's words may be written",
            (words.role, words.assistant_id, words.content[0].text.value),
            ("assistant", None, "I see."),
        )
        picture = client.files.create(file=("p.png", b"\x89PNG\r\n\x1a\n"), purpose="vision")
        shown = messages.create(
            thread.id, role="user", content=[{"type": "image_file", "image_file": {"file_id": picture.id}}]
        )
        same(
            "an image is shown",
            (shown.content[0].type, shown.content[0].image_file.file_id),
            ("image_file", picture.id),
        )
    if hasattr(messages, "delete"):
        holds("a deletion is told", messages.delete(made.id, thread_id=thread.id).deleted)
        refused(
            "what is deleted is not found",
            openai.NotFoundError,
            lambda: messages.retrieve(made.id, thread_id=thread.id),
            status_code=404,
        )


@flow("pages")
def pages():
    thread = threads.create()
    made = [messages.create(thread.id, role="user", content=f"{number}").id for number in range(7)]
    forget_requests()
    same("every page is turned, newest first", [one.id for one in messages.list(thread.id, limit=3)], made[::-1])
    # Until 1.62 has_more was not looked at: the library asked until a page came empty.
    same(
        "as many pages are asked for as this version asks for",
        asked("GET", "/messages"),
        3 if VERSION >= (1, 62) else 4,
    )
    same("and oldest first", [one.id for one in messages.list(thread.id, limit=3, order="asc")], made)
    same(
        "a page by hand",
        [one.id for one in messages.list(thread.id, limit=2, order="asc", after=made[2]).data],
        made[3:5],
    )
    before = messages.list(thread.id, limit=2, order="asc", before=made[4]).data
    same("the page before", [one.id for one in before], made[2:4])
    last = messages.list(thread.id, order="asc", after=made[-1])
    same("past the end there is an empty page", (last.data, last.has_next_page()), ([], False))
    first = messages.list(thread.id, limit=7)
    same("a page that is full is known to be the last one", first.has_next_page(), VERSION < (1, 62))
    marked = [make_assistant(BOATS, metadata={"mark": "page"}).id for _ in range(3)]
    found = [one.id for one in beta.assistants.list(limit=2) if one.metadata == {"mark": "page"}]
    same("assistants are turned over too", found, marked[::-1])
    refused(
        "a limit beyond the most is refused",
        openai.BadRequestError,
        lambda: messages.list(thread.id, limit=101),
        status_code=400,
        param="limit",
    )
