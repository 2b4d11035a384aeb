"""The threads of a namespace as the control API lists them, and as a text that people read."""

import pytest

from contract_tests.harness import MODEL, WEATHER, outputs_of


@pytest.fixture
def threads(ns):
    return lambda path="": ns.control("GET", f"/threads{path}")


@pytest.fixture
def text_of(ns, http):
    def read(thread, query=""):
        answer = http.get(f"{ns.control_url}/threads/{thread.id}/transcript{query}")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        return answer.text.splitlines()

    return read


def ask(client, thread, assistant, question):
    client.beta.threads.messages.create(thread.id, role="user", content=question)
    return client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)


def test_threads_are_listed_newest_first_with_what_is_on_them(ns, client, assistant, threads):
    ns.load("emulator: 1\nturns: [{when: {turn: 1}, steps: [{say: Hi.}]}, {steps: [{hold: gate}]}]")
    first = client.beta.threads.create(metadata={"team": "blue"})
    second = client.beta.threads.create()
    ask(client, first, assistant, "hello")
    held = client.beta.threads.runs.create(first.id, assistant_id=assistant.id)
    assert threads() == {
        "threads": [
            {
                "id": second.id,
                "created_at": second.created_at,
                "metadata": {},
                "messages": 0,
                "runs": 0,
                "active_run": None,
            },
            {
                "id": first.id,
                "created_at": first.created_at,
                "metadata": {"team": "blue"},
                "messages": 2,
                "runs": 2,
                "active_run": held.id,
            },
        ],
        "has_more": False,
    }


def test_the_list_has_pages_and_leaves_out_what_is_deleted(client, threads):
    made = [client.beta.threads.create() for _ in range(4)]
    client.beta.threads.delete(made[1].id)
    first = threads("?limit=2")
    assert ([one["id"] for one in first["threads"]], first["has_more"]) == ([made[3].id, made[2].id], True)
    rest = threads(f"?after={made[2].id}")
    assert ([one["id"] for one in rest["threads"]], rest["has_more"]) == ([made[0].id], False)


def test_a_thread_is_shown_with_its_messages_and_runs_oldest_first(client, assistant, thread, threads):
    runs = [ask(client, thread, assistant, question) for question in ("one", "two")]
    shown = threads(f"/{thread.id}")
    assert shown["thread"]["id"] == thread.id
    assert [message["content"][0]["text"]["value"] for message in shown["messages"]] == [
        "How is the harbour today?", "one", "one", "two", "two",
    ]  # fmt: skip
    assert [run["id"] for run in shown["runs"]] == [run.id for run in runs]
    assert shown["runs"][0]["timeline"][-1]["status"] == "completed"


def test_of_a_long_thread_the_newest_hundred_are_shown(client, threads):
    thread = client.beta.threads.create()
    for number in range(102):
        client.beta.threads.messages.create(thread.id, role="user", content=str(number))
    shown = [message["content"][0]["text"]["value"] for message in threads(f"/{thread.id}")["messages"]]
    assert shown == [str(number) for number in range(2, 102)]


@pytest.mark.parametrize("path", ["/thread_unknown", "/thread_unknown/transcript"])
def test_an_unknown_thread_is_not_there(ns, path):
    assert "thread_unknown" in ns.control("GET", f"/threads{path}", status=404)["error"]["message"]


@pytest.mark.parametrize("query", ["?most=0", "?most=1001", "?most=many"])
def test_a_text_has_a_bounded_number_of_messages(ns, thread, query):
    ns.control("GET", f"/threads/{thread.id}/transcript{query}", status=400)


# --- as a text --------------------------------------------------------------------------------------------------------


def test_a_conversation_is_read_from_top_to_bottom(frozen, client, text_of):
    """Also where all of it happened in the same second."""
    frozen.load(
        """emulator: 1
turns:
- {name: broken, when: {message: {contains: broken}}, steps: [{fail: rate_limit_exceeded, message: Slow down.}]}
- {name: short, when: {message: short}, steps: [{say: Half a}, {stop: max_completion_tokens}]}
- {name: waits, when: {message: wait}, steps: [{hold: gate}]}
- name: income
  steps: [{say: One moment.}, {call: look_outside, args: {q: Oct}}, {say: "It was {{ outputs.look_outside }}."}]
"""
    )
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
    thread = client.beta.threads.create()
    failed = ask(client, thread, assistant, "broken?")
    run = ask(client, thread, assistant, "income?")
    client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs_of(run, look_outside="[[136.25]]")
    )
    short = ask(client, thread, assistant, "short")
    client.beta.threads.messages.create(thread.id, role="user", content="wait")
    held = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    assert text_of(thread) == [
        f"thread {thread.id}",
        "user: broken?",
        f'  {failed.id} failed (turn "broken"): rate_limit_exceeded: Slow down.',
        "user: income?",
        f'  {run.id} completed (turn "income")',
        "assistant: One moment.",
        '  look_outside({"q":"Oct"}) -> [[136.25]]',
        "assistant: It was [[136.25]].",
        "user: short",
        f'  {short.id} incomplete (turn "short"): max_completion_tokens',
        "assistant: Half a [incomplete]",
        "user: wait",
        f'  {held.id} in_progress (turn "waits"), waits for hold:gate',
    ]


def test_a_run_that_failed_stands_where_it_began_when_the_next_question_came_in_the_same_second(
    frozen, client, text_of
):
    frozen.load("emulator: 1\nturns: [{when: {turn: 1}, steps: [{fail: server_error}]}, {steps: [{say: Hi.}]}]")
    assistant = client.beta.assistants.create(model=MODEL)
    thread = client.beta.threads.create()
    for question in ("one", "two"):
        ask(client, thread, assistant, question)
    kinds = [line.split()[1] if line.startswith("  ") else line.split(":")[0] for line in text_of(thread)[1:]]
    assert kinds == ["user", "failed", "user", "completed", "assistant"]


def test_of_a_long_conversation_the_newest_messages_are_told(client, assistant, thread, text_of):
    runs = [ask(client, thread, assistant, f"question {number}") for number in range(5)]
    assert text_of(thread, "?most=3") == [
        f"thread {thread.id}",
        "… 8 older messages",
        f"  {runs[-2].id} completed",
        "assistant: question 3",
        "user: question 4",
        f"  {runs[-1].id} completed",
        "assistant: question 4",
    ]


def test_long_texts_are_cut_and_every_message_has_one_line(client, text_of):
    long = "word " * 1_000
    content = [{"type": "text", "text": long}, {"type": "text", "text": "\nnever shown\x1b[31m"}]
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": content}, {"role": "user", "content": "a\n\n b\x1b[31m"}]
    )
    _, first, second = text_of(thread)
    assert len(first) < 320
    assert first.endswith("…")
    assert second == "user: a b\\x1b[31m"


def test_many_calls_are_counted(ns, client, assistant, thread, text_of):
    ns.play(*[{"code": f"print({number})", "logs": str(number)} for number in range(25)])
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    lines = text_of(thread)
    assert lines[3] == "  code_interpreter(print(0)) -> 0"
    assert lines[-1] == "  … 5 more calls"
    assert len(lines) == 2 + 1 + 20 + 1


def test_images_and_files_are_named(client, text_of):
    file = client.files.create(file=("chart.png", b"\x89PNG"), purpose="vision")
    note = client.files.create(file=("note.txt", b"Low at noon."), purpose="assistants")
    content = [{"type": "image_file", "image_file": {"file_id": file.id}}, {"type": "text", "text": "Look."}]
    attachments = [{"file_id": note.id, "tools": [{"type": "code_interpreter"}]}]
    thread = client.beta.threads.create(messages=[{"role": "user", "content": content, "attachments": attachments}])
    assert text_of(thread)[1] == f"user: [image {file.id}] Look. [file {note.id}]"
