"""What the built-in tools leave behind: code that ran, files that were searched, and citations."""

from program import (
    CODE,
    MODEL,
    SEARCH,
    STORES,
    begin,
    beta,
    client,
    make_assistant,
    messages,
    newest_text,
    runs,
    steps_of,
    takes,
    threads,
    wait,
)
from telling import flow, holds, same


@flow("code interpreter")
def code():
    run = wait(begin("What is the mean?", CODE))
    step, _ = steps_of(run)
    (call,) = step.step_details.tool_calls
    same("a step ran code", (step.type, call.type), ("tool_calls", "code_interpreter"))
    holds("the code is there", call.code_interpreter.input.startswith("heights = [3.1"), call)
    logs, image = call.code_interpreter.outputs
    same("it printed", (logs.type, logs.logs), ("logs", "3.5\n"))
    same("it drew", image.type, "image")
    holds("what it drew can be fetched", client.files.content(image.image.file_id).read().startswith(b"\x89PNG"))
    same("the image's file says so", client.files.retrieve(image.image.file_id).purpose, "assistants_output")
    same("then it spoke", newest_text(run.thread_id), "The mean height is 3.5 metres.")


@flow("file search")
def search():
    assistant = make_assistant({"type": SEARCH}, metadata={"search": "scripted"})
    run = wait(begin("What are the opening hours?", assistant=assistant))
    step, _ = steps_of(run)
    same("a step searched", (step.type, step.step_details.tool_calls[0].type), ("tool_calls", SEARCH))
    text = messages.list(run.thread_id).data[0].content[0].text
    (mark,) = text.annotations
    same("the answer cites", (mark.type, mark.file_citation.file_id), ("file_citation", "file-lockhours"))
    same("the mark stands in the text", text.value[mark.start_index : mark.end_index], mark.text)
    if takes(runs.steps.retrieve, "include"):
        include = ["step_details.tool_calls[*].file_search.results[*].content"]
        full = runs.steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id, include=include)
        (hit,) = full.step_details.tool_calls[0].file_search.results
        same(
            "results are shown where they are asked for",
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
    same(
        "an assistant has a store",
        beta.assistants.retrieve(assistant.id).tool_resources.file_search.vector_store_ids,
        [store.id],
    )
    run = wait(begin("What are the opening hours of the lock?", assistant=assistant))
    said = messages.list(run.thread_id).data[0].content[0].text
    holds("the file is found", said.value.startswith("Found in quay.txt"), said.value)
    same("and cited", [mark.file_citation.file_id for mark in said.annotations], [file.id])
    made = beta.assistants.create(
        model=MODEL,
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_stores": [{"file_ids": [file.id]}]}},
    )
    holds(
        "a store may be made with the assistant",
        made.tool_resources.file_search.vector_store_ids[0].startswith("vs_"),
        made,
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
    holds(
        "an attached file gives the thread a store",
        resources.file_search.vector_store_ids[0].startswith("vs_"),
        resources,
    )
    run = wait(runs.create(attached.id, assistant_id=make_assistant({"type": "file_search"}).id))
    holds("that is searched too", newest_text(attached.id).startswith("Found in quay.txt"), newest_text(attached.id))
