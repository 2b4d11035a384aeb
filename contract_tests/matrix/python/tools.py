"""The results of the built-in tools: executed code, searched files, and citations."""

from checks import check, check_equal, flow
from program import (
    CODE,
    MODEL,
    SEARCH,
    STORES,
    beta,
    client,
    make_assistant,
    messages,
    newest_text,
    runs,
    start_run,
    steps_of,
    takes,
    threads,
    wait,
)


@flow("code interpreter")
def code():
    run = wait(start_run("What is the mean?", CODE))
    step, _ = steps_of(run)
    (call,) = step.step_details.tool_calls
    check_equal("a step has the code call", (step.type, call.type), ("tool_calls", "code_interpreter"))
    check("the call has its code", call.code_interpreter.input.startswith("heights = [3.1"), call)
    logs, image = call.code_interpreter.outputs
    check_equal("it has logs", (logs.type, logs.logs), ("logs", "3.5\n"))
    check_equal("it has an image", image.type, "image")
    check("the image can be downloaded", client.files.content(image.image.file_id).read().startswith(b"\x89PNG"))
    check_equal(
        "the image's file has its purpose", client.files.retrieve(image.image.file_id).purpose, "assistants_output"
    )
    check_equal("then comes the message", newest_text(run.thread_id), "The mean height is 3.5 metres.")


@flow("file search")
def search():
    assistant = make_assistant({"type": SEARCH}, metadata={"search": "scripted"})
    run = wait(start_run("What are the opening hours?", assistant=assistant))
    step, _ = steps_of(run)
    check_equal("a step has the search call", (step.type, step.step_details.tool_calls[0].type), ("tool_calls", SEARCH))
    text = messages.list(run.thread_id).data[0].content[0].text
    (mark,) = text.annotations
    check_equal(
        "the answer has a citation", (mark.type, mark.file_citation.file_id), ("file_citation", "file-lockhours")
    )
    check_equal("the marker is in the text", text.value[mark.start_index : mark.end_index], mark.text)
    if takes(runs.steps.retrieve, "include"):
        include = ["step_details.tool_calls[*].file_search.results[*].content"]
        full = runs.steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id, include=include)
        (hit,) = full.step_details.tool_calls[0].file_search.results
        check_equal(
            "the content of results is included on request",
            (hit.file_id, hit.file_name, hit.content[0].text),
            ("file-lockhours", "lock.md", "The lock opens at five."),
        )


@flow("file search in a real store", needed=STORES is not None)
def real_search():
    file = client.files.create(
        file=("quay.txt", b"Opening hours of the lock: from five to nine."), purpose="assistants"
    )
    store = STORES.create(name="Quay", file_ids=[file.id])
    assistant = make_assistant(
        {"type": "file_search"}, tool_resources={"file_search": {"vector_store_ids": [store.id]}}
    )
    check_equal(
        "an assistant has a store",
        beta.assistants.retrieve(assistant.id).tool_resources.file_search.vector_store_ids,
        [store.id],
    )
    run = wait(start_run("What are the opening hours of the lock?", assistant=assistant))
    text = messages.list(run.thread_id).data[0].content[0].text
    check("the file is found by the search", text.value.startswith("Found in quay.txt"), text.value)
    check_equal("and cited", [mark.file_citation.file_id for mark in text.annotations], [file.id])
    assistant_with_store = beta.assistants.create(
        model=MODEL,
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file.id]}]}},
    )
    check(
        "a store can be created with the assistant",
        assistant_with_store.tool_resources.file_search.vector_store_ids[0].startswith("vs_"),
        assistant_with_store,
    )
    attached = threads.create(
        messages=[
            {
                "role": "user",
                "content": "What are the opening hours of the lock?",
                "attachments": [{"file_id": file.id, "tools": [{"type": "file_search"}]}],
            }
        ]
    )
    resources = threads.retrieve(attached.id).tool_resources
    check(
        "an attached file creates a store for the thread",
        resources.file_search.vector_store_ids[0].startswith("vs_"),
        resources,
    )
    run = wait(runs.create(attached.id, assistant_id=make_assistant({"type": "file_search"}).id))
    check("which is searched too", newest_text(attached.id).startswith("Found in quay.txt"), newest_text(attached.id))
