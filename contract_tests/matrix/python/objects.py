"""Assistants, threads and messages: created, retrieved, updated and deleted; and lists, page by page."""

import openai
from checks import check, check_equal, check_refused, flow
from program import (
    BOATS,
    CODE,
    GAUGE,
    IS_V1,
    MODEL,
    SEARCH,
    VERSION,
    beta,
    clear_requests,
    client,
    count_requests,
    make_assistant,
    messages,
    threads,
)


@flow("assistants")
def assistants():
    assistant = beta.assistants.create(
        model=MODEL,
        name="Hafenmeister ⚓",
        description="Knows the tides.",
        instructions="Answer briefly.",
        tools=[CODE, {"type": SEARCH}, GAUGE],
        metadata={"城市": "Büsum"},
    )
    check("an id has its prefix", assistant.id.startswith("asst_"), assistant.id)
    check_equal(
        "texts come back",
        (assistant.name, assistant.description, assistant.instructions),
        ("Hafenmeister ⚓", "Knows the tides.", "Answer briefly."),
    )
    check_equal("metadata comes back", assistant.metadata, {"城市": "Büsum"})
    check_equal(
        "tools come back in order", [tool.type for tool in assistant.tools], ["code_interpreter", SEARCH, "function"]
    )
    check(
        "tools have the classes of the library",
        type(assistant.tools[2]).__module__.startswith("openai.types"),
        type(assistant.tools[2]),
    )
    check_equal(
        "a function's schema comes back unchanged",
        assistant.tools[2].function.parameters,
        GAUGE["function"]["parameters"],
    )
    check_equal("retrieving returns the same object", beta.assistants.retrieve(assistant.id), assistant)
    changed = beta.assistants.update(assistant.id, name="Clerk", metadata={"pier": "2"})
    check_equal(
        "an update changes the given fields",
        (changed.name, changed.metadata, changed.model),
        ("Clerk", {"pier": "2"}, MODEL),
    )
    if IS_V1:
        check_equal("v1 has file_ids", assistant.file_ids, [])
        check(
            "v1 has no tool_resources",
            "tool_resources" not in assistant.model_fields_set if hasattr(assistant, "model_fields_set") else True,
        )
    else:
        check("v2 has tool_resources", hasattr(assistant, "tool_resources"))
        check_equal("v2 has sampling", (assistant.temperature, assistant.top_p), (1.0, 1.0))
    plain = beta.assistants.create(model=MODEL)
    check_equal("absent fields are null", (plain.name, plain.description, plain.instructions), (None, None, None))
    check_equal("lists and maps are never null", (plain.tools, plain.metadata), ([], {}))
    check("the deletion is confirmed", beta.assistants.delete(assistant.id).deleted)
    check_refused(
        "a deleted object is not found",
        openai.NotFoundError,
        lambda: beta.assistants.retrieve(assistant.id),
        status_code=404,
    )
    empty = beta.assistants.create(model=MODEL, name=None, instructions=None, metadata=None)
    check_equal("null is the same as an absent field", (empty.name, empty.metadata), (None, {}))


@flow("assistant files", needed=IS_V1)
def assistant_files():
    file = client.files.create(file=("tides.txt", b"High water at noon."), purpose="assistants")
    other = client.files.create(file=("boats.txt", b"Two boats."), purpose="assistants")
    assistant = make_assistant({"type": "retrieval"}, file_ids=[file.id])
    check_equal("an assistant is created with files", assistant.file_ids, [file.id])
    link = beta.assistants.files.create(assistant.id, file_id=other.id)
    check_equal(
        "a file is attached", (link.id, link.assistant_id, link.object), (other.id, assistant.id, "assistant.file")
    )
    check_equal("files are listed", {one.id for one in beta.assistants.files.list(assistant.id)}, {file.id, other.id})
    check_equal(
        "a file can be retrieved", beta.assistants.files.retrieve(other.id, assistant_id=assistant.id).id, other.id
    )
    check_equal("the assistant names both", set(beta.assistants.retrieve(assistant.id).file_ids), {file.id, other.id})
    check("a file is detached", beta.assistants.files.delete(other.id, assistant_id=assistant.id).deleted)
    check_equal("then only one remains", beta.assistants.retrieve(assistant.id).file_ids, [file.id])
    check_equal("an update replaces them", beta.assistants.update(assistant.id, file_ids=[]).file_ids, [])


@flow("threads")
def conversations():
    thread = threads.create()
    check_equal("an empty thread is created", (thread.object, thread.metadata), ("thread", {}))
    check("an id has its prefix", thread.id.startswith("thread_"), thread.id)
    if IS_V1:
        check_equal("v1 threads have four fields", sorted(dict(thread)), ["created_at", "id", "metadata", "object"])
    else:
        check("v2 threads have tool_resources", hasattr(thread, "tool_resources"))
    full = threads.create(
        messages=[{"role": "user", "content": f"line {number}", "metadata": {"n": str(number)}} for number in range(3)],
        metadata={"boat": "Möwe"},
    )
    check_equal("retrieved, it has its metadata", threads.retrieve(full.id).metadata, {"boat": "Möwe"})
    check_equal(
        "an update replaces metadata", threads.update(full.id, metadata={"boat": "Krabbe"}).metadata, {"boat": "Krabbe"}
    )
    listed = messages.list(full.id)
    check_equal(
        "messages of one second are listed newest first",
        [one.content[0].text.value for one in listed.data],
        ["line 2", "line 1", "line 0"],
    )
    check_equal("messages keep their metadata", listed.data[0].metadata, {"n": "2"})
    check("the deletion is confirmed", threads.delete(full.id).deleted)
    check_refused(
        "a deleted object is not found", openai.NotFoundError, lambda: threads.retrieve(full.id), status_code=404
    )
    check_refused("nor are its messages", openai.NotFoundError, lambda: messages.list(full.id), status_code=404)


@flow("messages")
def talk():
    thread = threads.create()
    message = messages.create(thread.id, role="user", content="Is the ferry late?", metadata={"k": "v"})
    check_equal(
        "a message is created",
        (message.object, message.role, message.thread_id, message.metadata),
        ("thread.message", "user", thread.id, {"k": "v"}),
    )
    check_equal("no run wrote it", (message.run_id, message.assistant_id), (None, None))
    check_equal(
        "it has its text",
        (message.content[0].type, message.content[0].text.value, message.content[0].text.annotations),
        ("text", "Is the ferry late?", []),
    )
    check_equal("retrieving returns the same object", messages.retrieve(message.id, thread_id=thread.id), message)
    check_equal(
        "an update replaces metadata",
        messages.update(message.id, thread_id=thread.id, metadata={"k": "w"}).metadata,
        {"k": "w"},
    )
    file = client.files.create(file=("list.csv", b"boat,length\nKrabbe,7\n"), purpose="assistants")
    if IS_V1:
        check_equal("v1 has file_ids", message.file_ids, [])
        with_file = messages.create(thread.id, role="user", content="See the list.", file_ids=[file.id])
        check_equal("a message has a file", with_file.file_ids, [file.id])
        found = list(messages.files.list(with_file.id, thread_id=thread.id))
        check_equal(
            "its files are listed",
            [(one.id, one.message_id, one.object) for one in found],
            [(file.id, with_file.id, "thread.message.file")],
        )
        check_equal(
            "one of its files can be retrieved",
            messages.files.retrieve(file.id, thread_id=thread.id, message_id=with_file.id).id,
            file.id,
        )
    else:
        check_equal("v2 has attachments", message.attachments, [])
        with_file = messages.create(
            thread.id, role="user", content="See the list.", attachments=[{"file_id": file.id, "tools": [CODE]}]
        )
        check_equal("a message has a file", [one.file_id for one in with_file.attachments], [file.id])
        # 1.21 expected another name here and leaves the data as it is.
        tool = with_file.attachments[0].tools[0]
        check_equal("for a tool", tool["type"] if isinstance(tool, dict) else tool.type, "code_interpreter")
        assistant_message = messages.create(thread.id, role="assistant", content=[{"type": "text", "text": "I see."}])
        check_equal(
            "a message for the assistant can be created",
            (assistant_message.role, assistant_message.assistant_id, assistant_message.content[0].text.value),
            ("assistant", None, "I see."),
        )
        picture = client.files.create(file=("p.png", b"\x89PNG\r\n\x1a\n"), purpose="vision")
        image_message = messages.create(
            thread.id, role="user", content=[{"type": "image_file", "image_file": {"file_id": picture.id}}]
        )
        check_equal(
            "an image can be sent",
            (image_message.content[0].type, image_message.content[0].image_file.file_id),
            ("image_file", picture.id),
        )
    if hasattr(messages, "delete"):
        check("the deletion is confirmed", messages.delete(message.id, thread_id=thread.id).deleted)
        check_refused(
            "a deleted object is not found",
            openai.NotFoundError,
            lambda: messages.retrieve(message.id, thread_id=thread.id),
            status_code=404,
        )


@flow("pages")
def pages():
    thread = threads.create()
    ids = [messages.create(thread.id, role="user", content=f"{number}").id for number in range(7)]
    clear_requests()
    check_equal("all pages are listed newest first", [one.id for one in messages.list(thread.id, limit=3)], ids[::-1])
    # Before 1.62 the library ignored has_more and requested pages until one was empty.
    check_equal(
        "the number of requested pages is that of this version",
        count_requests("GET", "/messages"),
        3 if VERSION >= (1, 62) else 4,
    )
    check_equal("and oldest first", [one.id for one in messages.list(thread.id, limit=3, order="asc")], ids)
    check_equal(
        "a page by hand",
        [one.id for one in messages.list(thread.id, limit=2, order="asc", after=ids[2]).data],
        ids[3:5],
    )
    before = messages.list(thread.id, limit=2, order="asc", before=ids[4]).data
    check_equal("the page before a cursor", [one.id for one in before], ids[2:4])
    last = messages.list(thread.id, order="asc", after=ids[-1])
    check_equal("the page after the end is empty", (last.data, last.has_next_page()), ([], False))
    first = messages.list(thread.id, limit=7)
    check_equal(
        "a full page is known to be the last one only by newer versions", first.has_next_page(), VERSION < (1, 62)
    )
    assistant_ids = [make_assistant(BOATS, metadata={"mark": "page"}).id for _ in range(3)]
    found = [one.id for one in beta.assistants.list(limit=2) if one.metadata == {"mark": "page"}]
    check_equal("assistants are paged too", found, assistant_ids[::-1])
    check_refused(
        "a limit above the maximum is refused",
        openai.BadRequestError,
        lambda: messages.list(thread.id, limit=101),
        status_code=400,
        param="limit",
    )
