"""What recorded runs become: texts, calls, code, searches and ends, whichever way the recording shows them."""

import json

import pytest

from contract_tests.made_up_recordings import (
    NOON,
    Recorder,
    asked,
    delta,
    exported,
    function,
    listed,
    message,
    requires,
    run,
    scenario,
    step,
    steps,
    thread,
    turns,
)
from emulator.domain.effects import from_json

RUNS = "/threads/thread_1/runs"
RUN = f"{RUNS}/run_1"
MESSAGES = "/threads/thread_1/messages"


def talk(question="Where is my order?"):
    recorder = Recorder().add("POST", "/threads", thread(), {})
    return recorder.add("POST", MESSAGES, asked(question))


def begun(question="Where is my order?", **fields):
    return talk(question).add("POST", RUNS, run("queued", **fields), {"assistant_id": "asst_1"})


def test_a_polled_run_becomes_a_turn_that_a_person_would_have_written():
    recorder = begun().add("GET", RUN, run("in_progress")).add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("In Bremen."), asked("Where is my order?")))
    assert turns(recorder) == [
        {
            "name": "where is my order",
            "chain": "where is my order",
            "when": {"message": "Where is my order?"},
            "recorded": {"assistant": "assistant", "source": "talk.yaml:21"},
            "steps": [{"say": "In Bremen."}],
        }
    ]


def test_a_turn_says_where_it_comes_from_and_how_often_it_was_polled():
    recorder = begun().add("GET", RUN, run("in_progress")).add("GET", RUN, run())
    assert scenario(recorder).comments == {("turns", 0): "run_1 (talk.yaml:21): completed, polled 2 times"}


def test_messages_of_one_second_keep_the_order_of_the_list():
    recorder = begun().add("GET", RUN, run())
    recorder.add(
        "GET", MESSAGES, listed(message("Second.", "msg_2"), message("First.", "msg_1"), asked("Where is my order?"))
    )
    assert steps(recorder) == [{"say": "First."}, {"say": "Second."}]


def test_pages_of_a_list_are_put_together():
    recorder = begun().add("GET", RUN, run())
    recorder.add("GET", f"{MESSAGES}?limit=1", listed(message("Third.", "msg_3"), more=True))
    recorder.add("GET", f"{MESSAGES}?limit=1&after=msg_3", listed(message("Second.", "msg_2"), more=True))
    recorder.add("GET", f"{MESSAGES}?limit=1&after=msg_2", listed(message("First.", "msg_1")))
    assert [one["say"] for one in steps(recorder)] == ["First.", "Second.", "Third."]


def test_steps_say_in_which_order_a_run_spoke_and_called():
    recorder = begun().add("GET", RUN, run())
    found = [
        step("step_3", says="msg_2", at=NOON + 9),
        step("step_2", function("stock", '{"item":"flour"}', output="12"), at=NOON + 5),
        step("step_1", says="msg_1", at=NOON + 2),
    ]
    recorder.add("GET", f"{RUN}/steps", listed(*found))
    recorder.add("GET", MESSAGES, listed(message("Twelve.", "msg_2"), message("Let me look.", "msg_1")))
    assert steps(recorder) == [
        {"say": "Let me look."},
        {"call": "stock", "args": {"item": "flour"}, "recorded": "12"},
        {"say": "Twelve."},
    ]


def test_calls_that_only_the_required_action_shows_come_before_what_was_said_after_them():
    recorder = begun().add("GET", RUN, requires(function("stock", '{"item": "flour"}')))
    recorder.add(
        "POST",
        f"{RUN}/submit_tool_outputs",
        run("queued"),
        {"tool_outputs": [{"tool_call_id": "call_1", "output": "12"}]},
    )
    recorder.add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("Twelve.", at=NOON + 20)))
    assert steps(recorder) == [{"call": "stock", "args": '{"item": "flour"}', "recorded": "12"}, {"say": "Twelve."}]


def test_what_was_seen_before_a_call_came_before_it():
    recorder = begun().add("GET", MESSAGES, listed(message("Let me look.")))
    recorder.add("GET", RUN, requires(function("stock")))
    recorder.add(
        "POST",
        f"{RUN}/submit_tool_outputs",
        run("queued"),
        {"tool_outputs": [{"tool_call_id": "call_1", "output": "12"}]},
    )
    recorder.add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("Twelve.", "msg_2", at=NOON + 20), message("Let me look.")))
    assert steps(recorder) == [{"say": "Let me look."}, {"call": "stock", "recorded": "12"}, {"say": "Twelve."}]


def test_parallel_calls_and_several_rounds_stay_apart():
    first = requires(function("stock", id_="call_1"), function("price", id_="call_2"))
    recorder = begun().add("GET", RUN, first).add("GET", RUN, first)
    outputs = [{"tool_call_id": "call_2", "output": "3 EUR"}, {"tool_call_id": "call_1", "output": "12"}]
    recorder.add("POST", f"{RUN}/submit_tool_outputs", run("queued"), {"tool_outputs": outputs})
    recorder.add("GET", RUN, requires(function("order", id_="call_3")))
    recorder.add(
        "POST",
        f"{RUN}/submit_tool_outputs",
        run("queued"),
        {"tool_outputs": [{"tool_call_id": "call_3", "output": "ok"}]},
    )
    recorder.add("GET", RUN, run("failed", last_error={"code": "server_error", "message": "Sorry."}))
    assert steps(recorder) == [
        {"call": [{"name": "stock", "recorded": "12"}, {"name": "price", "recorded": "3 EUR"}]},
        {"call": "order", "recorded": "ok"},
        {"fail": "server_error", "message": "Sorry."},
    ]


def test_arguments_stay_as_they_were_sent():
    odd = ['{"a": 1}', '{"a":1}', "{broken", '{"a":1.0}', '{"t":"{{ x }}"}', ""]
    recorder = begun().add("GET", RUN, requires(*(function("f", text, f"call_{n}") for n, text in enumerate(odd))))
    made = [call.get("args", {}) for call in steps(recorder)[0]["call"]]
    assert made == ['{"a": 1}', {"a": 1}, "{broken", {"a": 1.0}, '{% raw %}{"t":"{{ x }}"}{% endraw %}', ""]


def test_code_has_what_it_printed_and_drew_and_later_messages_show_the_same_image():
    outputs = [{"type": "logs", "logs": "5\n"}, {"type": "image", "image": {"file_id": "file-plot"}}]
    code = {"id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "plot()", "outputs": outputs}}
    recorder = begun().add("GET", RUN, run())
    recorder.add(
        "GET", f"{RUN}/steps?order=asc", listed(step("step_1", code), step("step_2", says="msg_1", at=NOON + 1))
    )
    shown = [
        {"type": "image_file", "image_file": {"file_id": "file-plot"}},
        {"type": "text", "text": {"value": "See.", "annotations": []}},
    ]
    recorder.add("GET", MESSAGES, listed(message(shown)))
    recorder.content("/files/file-plot/content", b"\x89PNG...")
    made = scenario(recorder)
    assert made.document["turns"][0]["steps"] == [
        {"code": "plot()", "logs": "5\n", "images": ["talk.files/image-1.png"]},
        {"say": "See.", "images": ["{{ code.images[0] }}"]},
    ]
    assert made.assets == {"talk.files/image-1.png": b"\x89PNG..."}


def test_an_image_that_was_never_fetched_has_a_stand_in():
    recorder = begun().add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message([{"type": "image_file", "image_file": {"file_id": "file-plot"}}])))
    made = scenario(recorder)
    assert made.document["turns"][0]["steps"] == [{"say": "", "images": ["talk.files/stand-in.png"]}]
    assert made.assets["talk.files/stand-in.png"].startswith(b"\x89PNG")
    assert "1 image shown by a stand-in: the bytes are not in the recording" in made.notes


def test_a_search_has_its_results_and_files_go_by_their_names():
    result = {
        "file_id": "file-1",
        "file_name": "llama.pdf",
        "score": 0.8,
        "attributes": {},
        "content": [{"type": "text", "text": "wool"}],
    }
    search = {"id": "call_1", "type": "file_search", "file_search": {"ranking_options": {}, "results": [result]}}
    citation = {
        "type": "file_citation",
        "text": "【4:0†llama.pdf】",
        "start_index": 5,
        "end_index": 20,
        "file_citation": {"file_id": "file-1"},
    }
    recorder = begun().add("GET", RUN, run())
    recorder.add(
        "GET", f"{RUN}/steps?order=asc", listed(step("step_1", search), step("step_2", says="msg_1", at=NOON + 1))
    )
    recorder.add("GET", MESSAGES, listed(message("Wool.【4:0†llama.pdf】", annotations=[citation])))
    assert steps(recorder) == [
        {
            "search": "{{ message }}",
            "results": [
                {
                    "file_id": "{{ file_id('llama.pdf') }}",
                    "file_name": "llama.pdf",
                    "score": 0.8,
                    "content": [{"type": "text", "text": "wool"}],
                }
            ],
        },
        {
            "say": "Wool.【4:0†llama.pdf】",
            "annotations": [{**citation, "file_citation": {"file_id": "{{ file_id('llama.pdf') }}"}}],
        },
    ]


def test_searches_of_v1_have_no_results():
    recorder = begun().add("GET", RUN, run())
    recorder.add("GET", f"{RUN}/steps", listed(step("step_1", {"id": "call_1", "type": "retrieval", "retrieval": {}})))
    assert steps(recorder)[0] == {"search": "{{ message }}", "results": []}


@pytest.mark.parametrize(
    "last, end",
    [
        (
            run("failed", last_error={"code": "rate_limit_exceeded", "message": "Slow."}),
            {"fail": "rate_limit_exceeded", "message": "Slow."},
        ),
        (run("incomplete", incomplete_details={"reason": "content_filter"}), {"stop": "content_filter"}),
        (run("incomplete", incomplete_details={"reason": "max_tokens"}), {"stop": "max_completion_tokens"}),
        (run("completed", incomplete_details={"reason": "max_prompt_tokens"}), {"stop": "max_prompt_tokens"}),
        (run("expired"), {"expire": True}),
        (run("cancelled"), {"hold": "cancelled"}),
        (run("cancelling"), {"hold": "cancelled"}),
    ],
)
def test_a_run_ends_as_it_ended(last, end):
    assert steps(begun().add("GET", RUN, last))[-1] == end


def test_a_run_that_failed_while_it_waited_for_outputs_fails_in_its_call():
    recorder = begun().add("GET", RUN, requires(function("stock")))
    recorder.add("GET", RUN, run("failed", last_error={"code": "server_error", "message": "Sorry."}))
    assert steps(recorder) == [{"call": "stock", "fail": "server_error", "message": "Sorry."}]


def test_a_failure_that_scripts_do_not_know_is_noted():
    made = scenario(begun().add("GET", RUN, run("failed", last_error={"code": "odd_error", "message": "Odd."})))
    assert made.document["turns"][0]["steps"] == [{"fail": "server_error", "message": "Odd."}]
    assert "runs that failed with odd_error fail with server_error, since scripts do not know it" in made.notes


def test_a_run_whose_end_was_never_recorded_neither_waits_nor_expires():
    made = scenario(begun().add("GET", RUN, run("in_progress")))
    assert made.document["turns"][0]["steps"] == []
    assert "the end of 1 run was never recorded: the turn ends after what is known" in made.notes
    assert made.comments[("turns", 0)].endswith("in_progress when last seen, polled 1 time")


def test_a_run_that_was_never_answered_ends_with_its_call():
    made = scenario(begun().add("GET", RUN, requires(function("stock"))))
    assert made.document["turns"][0]["steps"] == [{"call": "stock"}]
    assert "1 run waited for outputs that were never sent: the turn ends with the call" in made.notes


def test_a_refusal_may_say_how_a_run_ended():
    refused = {"error": {"message": "Cannot cancel run with status 'expired'.", "type": "invalid_request_error"}}
    assert steps(begun().add("POST", f"{RUN}/cancel", refused, status=400))[-1] == {"expire": True}


def test_errors_in_between_and_retries_make_no_difference():
    error = {"error": {"message": "The server had an error", "type": "server_error"}}
    recorder = begun().add("GET", RUN, error, status=500).add("GET", RUN, error, status=429).add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("In Bremen.")))
    made = scenario(recorder)
    assert made.document["turns"][0]["steps"] == [{"say": "In Bremen."}]
    assert "1 answer with a status of 500 or more left out: faults repeat them" in made.notes


def test_what_was_said_and_never_fetched_is_marked():
    made = scenario(begun().add("GET", RUN, run()))
    assert made.document["turns"][0]["steps"] == [{"say": "[emulator] what was said here is not in the recording"}]
    assert "the text of 1 message was never fetched" in made.notes


def test_a_run_of_which_everything_was_listed_and_nothing_said_says_nothing():
    recorder = begun().add("GET", RUN, run()).add("GET", MESSAGES, listed(asked("Where is my order?")))
    assert steps(recorder) == []


def test_a_refusal_of_the_model_is_one():
    recorder = begun().add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message([{"type": "refusal", "refusal": "I cannot."}])))
    assert steps(recorder) == [{"refuse": "I cannot."}]


def test_usage_is_kept():
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    (turn,) = turns(begun().add("GET", RUN, run(usage=usage)))
    assert turn["usage"] == {"prompt_tokens": 7, "completion_tokens": 3}


def test_texts_that_look_like_templates_are_none():
    recorder = begun("What is {{ x }}?").add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("It is {{ 1 + 1 }}.")))
    (turn,) = turns(recorder)
    assert turn["when"] == {"message": "What is {{ x }}?"}
    assert turn["steps"] == [{"say": "{% raw %}It is {{ 1 + 1 }}.{% endraw %}"}]


# --- streams --------------------------------------------------------------------------------------------------------


def streamed(*pieces, text=None, more=(), **about):
    text = "".join(pieces) if text is None else text
    events = [
        ("thread.run.created", run("queued")),
        ("thread.run.in_progress", run("in_progress")),
        ("thread.run.step.created", step("step_1", says="msg_1", status="in_progress")),
        ("thread.message.created", message([])),
        *(delta(piece) for piece in pieces),
        *more,
        ("thread.message.completed", message(text)),
        ("thread.run.completed", run()),
        ("done", "[DONE]"),
    ]
    return talk().stream(RUNS, *events, **about)


def test_a_stream_keeps_its_cuts():
    made = scenario(streamed("In", " Bre", "men."))
    assert made.document["turns"][0]["steps"] == [{"say": "In Bremen.", "stream": {"chunk": ["In", " Bre", "men."]}}]
    assert made.fidelity == "full"


def test_cuts_that_are_those_of_the_default_are_left_out():
    assert steps(streamed("In", " Bremen.")) == [{"say": "In Bremen."}]


def test_a_stream_that_broke_off_shows_what_came_until_then():
    events = [
        ("thread.run.created", run("queued")),
        ("thread.message.created", message([])),
        delta("In Bre"),
    ]
    made = scenario(talk().stream(RUNS, *events, complete=False))
    assert made.document["turns"][0]["steps"] == [{"say": "In Bre", "stream": {"chunk": ["In Bre"]}}]
    assert "1 stream broke off: what came until then is kept" in made.notes
    assert made.fidelity == "messages_only"


OVERLOADED = {"message": "Overloaded.", "type": "server_error", "param": None, "code": None}
BEGUN = [
    ("thread.run.created", run("queued")),
    ("thread.run.in_progress", run("in_progress")),
    ("thread.message.created", message([])),
    delta("In Bre"),
]


def faults_in(notes):
    """Return the faults that notes say, as they are given to a server."""
    return [json.loads(note[note.index("{") :]) for note in notes if "this fault repeats it" in note]


@pytest.mark.parametrize(
    "name,data,error",
    [
        ("error", {"error": OVERLOADED}, {"error": OVERLOADED}),
        ("error", OVERLOADED, {"error": OVERLOADED}),
        ("", {"error": OVERLOADED}, {"error": OVERLOADED}),
        ("error", "upstream connect error", {}),
        ("error", {"error": {"message": "x" * 5_000}}, {}),
    ],
)
@pytest.mark.parametrize("end", ["completed", "failed", None])
def test_an_error_that_a_stream_ended_in_is_said_as_the_fault_that_repeats_it(name, data, error, end):
    recorder = talk().stream(RUNS, *BEGUN, (name, data))
    if end is not None:
        recorder.add("GET", RUN, run(end, last_error={"code": "server_error", "message": "Sorry."}))
    made = scenario(recorder)
    do = {"cut_stream_after": 4, "error_event": True, **error}
    assert faults_in(made.notes) == [{"match": {"method": "POST", "path": "/threads/*/runs"}, "times": 1, "do": do}]
    assert from_json(do).needs_stream
    assert not any("broke off" in note for note in made.notes)
    assert made.document["turns"][0]["steps"][0]["say"] == "In Bre"
    assert ("fail" in made.document["turns"][0]["steps"][-1]) is (end == "failed")
    assert "streamed until an error of the server" in made.comments["turns", 0]


@pytest.mark.parametrize(
    "url,pattern",
    [
        ("/threads/runs", "/threads/runs"),
        (f"{RUN}/submit_tool_outputs", "/threads/*/runs/*/submit_tool_outputs"),
    ],
)
def test_the_fault_is_for_the_request_whose_stream_it_was(url, pattern):
    begun = talk() if url == "/threads/runs" else talk().add("POST", RUNS, run("queued"))
    made = scenario(begun.stream(url, *BEGUN, ("error", {"error": OVERLOADED})))
    assert [one["match"]["path"] for one in faults_in(made.notes)] == [pattern]


def test_a_stream_with_an_error_is_not_known_in_full():
    events = [*BEGUN, ("thread.message.completed", message("In Bre")), ("thread.run.failed", run("failed"))]
    assert scenario(talk().stream(RUNS, *events, ("done", "[DONE]"))).fidelity == "full"
    assert scenario(talk().stream(RUNS, *events, ("error", {"error": OVERLOADED}))).fidelity == "steps"


def test_an_event_of_an_unknown_kind_is_no_error():
    made = scenario(talk().stream(RUNS, *BEGUN, ("ping", {}), ("thread.run.completed", run()), ("done", "[DONE]")))
    assert made.notes == []


def test_an_error_before_any_run_is_noted():
    recorder = streamed("In Bremen.").stream(RUNS, ("error", {"error": OVERLOADED}))
    assert "1 stream ended in an error before a run was shown, left out: faults repeat them" in scenario(recorder).notes


def test_of_many_errors_some_are_said_in_full():
    recorder = talk()
    for number in range(7):
        shown = {"id_": f"run_{number}"}
        recorder.stream(RUNS, ("thread.run.created", run("queued", **shown)), ("error", {"error": OVERLOADED}))
    notes = scenario(recorder).notes
    assert len(faults_in(notes)) == 5
    assert "2 further streams ended in an error of the server, which faults repeat" in notes


def test_a_text_that_was_fetched_after_its_stream_broke_is_whole():
    events = [("thread.run.created", run("queued")), ("thread.message.created", message([])), delta("In Bre")]
    recorder = talk().stream(RUNS, *events, complete=False).add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("In Bremen.")))
    assert steps(recorder) == [{"say": "In Bremen.", "stream": {"chunk": ["In Bre", "men."]}}]


def test_cuts_of_arguments_and_code_are_kept():
    def piece(**call):
        return "thread.run.step.delta", {
            "id": "step_1",
            "object": "thread.run.step.delta",
            "delta": {"step_details": {"type": "tool_calls", "tool_calls": [{"index": 0, **call}]}},
        }

    events = [
        ("thread.run.created", run("queued")),
        ("thread.run.step.created", step("step_1", status="in_progress")),
        piece(id="call_1", type="function", function={"name": "stock", "arguments": ""}),
        piece(type="function", function={"arguments": '{"it'}),
        piece(type="function", function={"arguments": 'em":1}'}),
        ("thread.run.requires_action", requires(function("stock", '{"item":1}'))),
        ("done", "[DONE]"),
    ]
    assert steps(talk().stream(RUNS, *events)) == [
        {"call": "stock", "args": {"item": 1}, "stream": {"chunk": ['{"it', 'em":1}']}}
    ]


def test_the_pace_of_a_stream_is_kept_on_demand():
    recorder = streamed("In", " Bremen", ".")
    last = recorder.exchanges.pop()
    ends, place = [], 0
    for block in last.response.data.split(b"\n\n"):
        place += len(block) + 2
        ends.append(place)
    sizes = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]
    sizes[-1] -= 2
    times = [0.1, 0.1, 0.1, 0.5, 1.0, 1.5, 2.0, 2.1, 2.2, 2.2, 2.2]
    import dataclasses

    recorder.exchanges.append(dataclasses.replace(last, chunks=list(zip(times, sizes, strict=True))))
    assert steps(recorder, times=True) == [
        {"say": "In Bremen.", "stream": {"chunk": ["In", " Bremen", "."], "ttft": "500ms", "tps": 2.0}}
    ]
    assert steps(recorder) == [{"say": "In Bremen.", "stream": {"chunk": ["In", " Bremen", "."]}}]


def test_outputs_that_were_sent_by_stream_belong_to_the_same_run():
    recorder = begun().add("GET", RUN, requires(function("stock")))
    events = [
        ("thread.run.step.completed", step("step_1", function("stock", output="12"))),
        ("thread.run.queued", run("queued")),
        ("thread.run.step.created", step("step_2", says="msg_1", at=NOON + 1)),
        ("thread.message.created", message([])),
        delta("Twelve."),
        ("thread.message.completed", message("Twelve.")),
        ("thread.run.completed", run()),
        ("done", "[DONE]"),
    ]
    recorder.stream(
        f"{RUN}/submit_tool_outputs",
        *events,
        body={"stream": True, "tool_outputs": [{"tool_call_id": "call_1", "output": "12"}]},
    )
    assert steps(recorder) == [{"call": "stock", "recorded": "12"}, {"say": "Twelve."}]


def test_an_answer_of_another_assistant_message_is_not_lost():
    recorder = begun().add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("In Bremen.", run_id=None) | {"run_id": None}))
    assert steps(recorder) == [{"say": "In Bremen."}]


def test_outputs_in_later_texts_become_templates_on_demand():
    tools = [function("find_order", output="Bremen-4711")]
    recorder = begun().add("GET", RUN, run())
    recorder.add(
        "GET", f"{RUN}/steps?order=asc", listed(step("step_1", *tools), step("step_2", says="msg_1", at=NOON + 1))
    )
    recorder.add("GET", MESSAGES, listed(message("It is at Bremen-4711.")))
    assert steps(recorder)[1] == {"say": "It is at Bremen-4711."}
    assert steps(recorder, suggest_templates=True)[1] == {"say": "It is at {{ outputs.find_order }}."}


def test_what_only_a_delta_shows_is_put_to_what_the_step_showed_before():
    shown = {
        "id": "call_1",
        "type": "mcp",
        "name": "depth",
        "arguments": "{}",
        "server_label": "charts",
        "output": None,
    }
    late = {"index": 0, "type": "mcp", "output": "9 m"}
    details = {"type": "tool_calls", "tool_calls": [late]}
    after = ("thread.run.step.delta", {"id": "step_1", "delta": {"step_details": details}})
    recorder = talk().stream(
        RUNS, ("thread.run.created", run("queued")), ("thread.run.step.completed", step("step_1", shown))
    )
    recorder.stream(
        f"{RUN}/submit_tool_outputs", ("thread.run.queued", run("queued")), after, ("thread.run.completed", run())
    )
    assert turns(recorder)[0]["steps"][0]["output"] == "9 m"


@pytest.mark.parametrize("is_masked", [False, True], ids=["by the distiller", "when it was recorded"])
def test_annotations_follow_a_text_that_masking_has_shortened(is_masked):
    key = "sk-proj-q7Zx9Lw2VbT3BlbkFJ"
    text = f"【1】 The key {key} opens it【1】, and this【2】."
    about = [("【1】", text.rindex("【1】")), ("【2】", text.index("【2】"))]
    annotations = [
        {"type": "url_citation", "text": one, "start_index": at, "end_index": at + 3, "url_citation": {"url": "x"}}
        for one, at in (("【1】", 0), *about)
    ]
    recorded = text.replace(key, "***") if is_masked else text
    streamed_only = streamed(recorded, text=[], more=[delta("", annotations=annotations)])
    listed_too = (
        talk().add("POST", RUNS, run()).add("GET", MESSAGES, listed(message(recorded, annotations=annotations)))
    )
    for recorder in (streamed_only, listed_too):
        (said,) = turns(recorder)[0]["steps"]
        shown = text.replace(key, "***")
        assert said["say"] == shown
        assert [shown[one["start_index"] : one["end_index"]] for one in said["annotations"]] == [
            "【1】",
            "【1】",
            "【2】",
        ]
        assert [one["start_index"] for one in said["annotations"]] == [0, shown.rindex("【1】"), shown.index("【2】")]


def test_annotations_of_a_text_without_secrets_stay_where_they_were_recorded():
    off = {"type": "file_path", "text": "here", "start_index": 3, "end_index": 7, "file_path": {"file_id": "file-1"}}
    recorder = talk().add("POST", RUNS, run()).add("GET", MESSAGES, listed(message("It is here.", annotations=[off])))
    (said,) = turns(recorder)[0]["steps"]
    assert (said["annotations"][0]["start_index"], said["annotations"][0]["end_index"]) == (3, 7)


# --- messages without content ---------------------------------------------------------------------------------------


def test_a_message_without_content_says_nothing():
    recorder = begun().add("GET", RUN, run())
    recorder.add("GET", f"{MESSAGES}?limit=1", listed(message([]), more=True))
    assert steps(recorder) == [{"say": ""}]
    assert not [note for note in scenario(recorder).notes if "never fetched" in note and "text" in note]


@pytest.mark.parametrize("status", ["completed", "incomplete"])
def test_a_stream_shows_that_a_message_has_no_content(status):
    recorder = talk().stream(
        RUNS,
        ("thread.run.created", run("queued")),
        ("thread.message.created", message([], status="in_progress")),
        (f"thread.message.{status}", message([], status=status)),
        ("thread.run.completed", run()),
        ("done", "[DONE]"),
    )
    assert steps(recorder) == [{"say": ""}]


@pytest.mark.parametrize("status", [None, "in_progress"])
def test_the_text_of_a_message_that_was_only_seen_while_it_was_written_is_not_known(status):
    recorder = begun().add("GET", MESSAGES, listed(message([], status=status), more=True)).add("GET", RUN, run())
    assert steps(recorder) == [{"say": "[emulator] what was said here is not in the recording"}]


# --- times that say nothing -----------------------------------------------------------------------------------------


def test_the_answer_to_outputs_comes_after_their_calls_although_all_times_were_replaced_by_one():
    recorder = begun()
    for number in (1, 2):
        recorder.add("GET", RUN, requires(function("stock", id_=f"call_{number}")))
        outputs = {"tool_outputs": [{"tool_call_id": f"call_{number}", "output": str(number)}]}
        recorder.add("POST", f"{RUN}/submit_tool_outputs", run("queued"), outputs)
    recorder.add("GET", RUN, run())
    recorder.add("GET", MESSAGES, listed(message("Twelve.", at=NOON), asked("Where is my order?")))
    assert steps(recorder) == [
        {"call": "stock", "recorded": "1"},
        {"call": "stock", "recorded": "2"},
        {"say": "Twelve."},
    ]


def test_an_exported_message_without_content_says_nothing_although_it_stands_before_its_run():
    export = exported(thread(), asked("Hello?"), message([]), run())
    assert steps(export) == [{"say": ""}]


# --- streams of which the beginning is missing ----------------------------------------------------------------------


def test_a_stream_without_events_of_its_run_is_known_by_what_its_messages_and_steps_say():
    written = talk().stream(
        RUNS, ("thread.message.created", message([])), delta("In "), delta("Bremen."), ("done", "[DONE]")
    )
    assert steps(written) == [{"say": "In Bremen.", "stream": {"chunk": ["In ", "Bremen."]}}]
    growing = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "stock", "arguments": "{}"}}
    details = {"type": "tool_calls", "tool_calls": [growing]}
    called = talk().stream(
        RUNS,
        ("thread.run.step.created", step("step_1", status="in_progress")),
        (
            "thread.run.step.delta",
            {"id": "step_1", "object": "thread.run.step.delta", "delta": {"step_details": details}},
        ),
    )
    assert steps(called) == [{"call": "stock"}]


def test_a_run_that_a_content_filter_has_stopped_keeps_that_code():
    error = {"code": "content_filter", "message": "The response was filtered."}
    made = steps(begun().add("GET", RUN, run("failed", last_error=error)))
    assert made == [{"fail": "content_filter", "message": "The response was filtered."}]
