"""Several threads, runs and files in recordings, and what a scenario says of itself."""

import json
from dataclasses import replace

from contract_tests.made_up_recordings import (
    NOON,
    Recorder,
    asked,
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
from emulator.recording.distiller import Options, distil, holdings

RUNS = "/threads/thread_1/runs"
RUN = f"{RUNS}/run_1"
MESSAGES = "/threads/thread_1/messages"


def conversation(recorder, number, question="Hello", answer="Hi."):
    of, at = f"thread_{number}", f"/threads/thread_{number}"
    recorder.add("POST", "/threads", thread(of), {"messages": [{"role": "user", "content": question}]})
    recorder.add("POST", f"{at}/runs", run("queued", f"run_{number}", of))
    recorder.add("GET", f"{at}/runs/run_{number}", run("completed", f"run_{number}", of))
    return recorder.add(
        "GET", f"{at}/messages", listed(message(answer, f"msg_{number}", f"run_{number}", thread_id=of))
    )


def test_each_thread_is_a_chain_of_its_own():
    recorder = conversation(conversation(Recorder(), 1, "Hello"), 2, "Hello", "Good day.")
    made = turns(recorder)
    assert [(one["name"], one["chain"]) for one in made] == [("hello", "hello"), ("hello (2)", "hello (2)")]
    assert [one["steps"] for one in made] == [[{"say": "Hi."}], [{"say": "Good day."}]]


def test_assistants_that_were_made_again_alike_are_one():
    recorder = Recorder()
    for number in (1, 2):
        id_ = f"asst_{number}"
        recorder.add("POST", "/assistants", {"id": id_, "object": "assistant", "name": "Clerk", "model": "gpt-4o"})
        recorder.add("POST", "/threads", {"id": f"thread_{number}", "object": "thread"})
        begun = {**run("queued", f"run_{number}", f"thread_{number}"), "assistant_id": id_}
        recorder.add("POST", f"/threads/thread_{number}/runs", begun, {"assistant_id": id_})
    made = scenario(recorder).document
    assert list(made["recording"]["assistants"]) == ["clerk"]
    assert [one["recorded"]["assistant"] for one in made["turns"]] == ["clerk", "clerk"]


def on_an_older_thread():
    recorder = Recorder()
    recorder.add("GET", "/threads/thread_1/messages", listed(
        message("Hi Bo.", "msg_b", "run_old", at=NOON - 90), asked("I am Bo.", "msg_a", at=NOON - 100)))  # fmt: skip
    recorder.add(
        "POST", "/threads/thread_1/messages", asked("Who am I?", "msg_c", at=NOON + 1), {"content": "Who am I?"}
    )
    begun = run("queued", created_at=NOON + 2)
    recorder.add("POST", "/threads/thread_1/runs", begun, {"assistant_id": "asst_1"})
    recorder.add("GET", "/threads/thread_1/runs/run_1", run("completed", created_at=NOON + 2))
    return recorder.add("GET", "/threads/thread_1/messages", listed(message("Bo.", "msg_d", at=NOON + 3)))


def test_a_thread_that_was_there_comes_back_with_what_was_on_it():
    made = scenario(on_an_older_thread())
    assert [one["name"] for one in made.document["turns"]] == ["who am i"]
    assert made.document["chains"] == {"who am i": {"thread": "thread_1", "after": 1}}
    assert "threads" not in made.document["fixtures"]
    (name,) = made.document["fixtures"]["exports"]
    assert [one["id"] for one in json.loads(made.assets[name])] == ["thread_1", "msg_a", "msg_b"]


def test_such_a_thread_can_be_left_empty():
    made = scenario(on_an_older_thread(), threads=False)
    assert made.document["fixtures"]["threads"] == {"thread": {"id": "thread_1"}}
    assert [one["name"] for one in made.document["turns"]] == ["i am bo", "who am i"]


def test_what_was_not_exported_is_not_compared_with():
    stand_in = {"id": "asst_1", "object": "assistant", "model": "unknown", "tools": []}
    made = scenario(exported(stand_in, asked("Hello"), message("Hi."), stand_ins=["asst_1"])).document
    assert "assistants" not in made["recording"]
    assert made["turns"][0]["recorded"] == {"source": "export.json"}


def test_pages_that_overlap_keep_the_order_of_messages_of_one_second():
    def one(number, role):
        return message(f"Text {number}.", f"msg_{number}", "run_1", role=role)

    messages = [one(1, "user"), *(one(number, "assistant") for number in range(2, 6))]
    for pages in ((messages[2:], messages[:3]), (messages[:3], messages[2:])):
        (turn,) = turns(*(exported(*page, name=f"{number}.json") for number, page in enumerate(pages)))
        assert [step["say"] for step in turn["steps"]] == ["Text 2.", "Text 3.", "Text 4.", "Text 5."]


def test_threads_without_words_in_ascii_go_by_their_number():
    assert turns(conversation(Recorder(), 1, "你好"))[0]["name"] == "thread 1 1"


def test_runs_that_were_interleaved_keep_what_is_theirs():
    recorder = Recorder()
    for number in (1, 2):
        recorder.add(
            "POST",
            "/threads/runs",
            run("queued", f"run_{number}", f"thread_{number}"),
            {"thread": {"messages": [{"role": "user", "content": f"Question {number}"}]}},
        )
    for number in (2, 1):
        recorder.add(
            "GET", f"/threads/thread_{number}/runs/run_{number}", run("completed", f"run_{number}", f"thread_{number}")
        )
        recorder.add(
            "GET",
            f"/threads/thread_{number}/messages",
            listed(message(f"Answer {number}", f"msg_{number}", f"run_{number}", thread_id=f"thread_{number}")),
        )
    assert [(one["when"]["message"], one["steps"][0]["say"]) for one in turns(recorder)] == [
        ("Question 1", "Answer 1"),
        ("Question 2", "Answer 2"),
    ]


def test_the_message_of_a_turn_is_the_last_of_the_user():
    recorder = Recorder().add("POST", "/threads", thread(), {"messages": [{"role": "user", "content": "First"}]})
    recorder.add("POST", MESSAGES, asked("Second"))
    recorder.add(
        "POST",
        RUNS,
        run("queued"),
        {
            "additional_messages": [
                {"role": "user", "content": [{"type": "text", "text": "Third"}, {"type": "text", "text": "Fourth"}]}
            ]
        },
    )
    assert turns(recorder)[0]["when"] == {"message": "Third\nFourth"}


def test_a_message_that_was_deleted_is_not_answered():
    recorder = Recorder().add("POST", "/threads", thread(), {}).add("POST", MESSAGES, asked("First"))
    recorder.add("POST", MESSAGES, asked("Second", "msg_x")).add("DELETE", f"{MESSAGES}/msg_x", {"deleted": True})
    assert turns(recorder.add("POST", RUNS, run("queued")))[0]["when"] == {"message": "First"}


def test_messages_known_by_a_list_alone_are_found_by_their_time():
    recorder = (
        Recorder().add("POST", RUNS, run("queued", created_at=NOON + 5)).add("GET", RUN, run(created_at=NOON + 5))
    )
    found = [
        asked("Later", "msg_9", at=NOON + 9),
        message("Hi.", at=NOON + 6),
        asked("Hello", at=NOON + 4),
        asked("Before", "msg_z", at=NOON),
    ]
    assert turns(recorder.add("GET", MESSAGES, listed(*found)))[0]["when"] == {"message": "Hello"}


def test_a_run_whose_question_is_not_known_answers_any():
    assert "when" not in turns(Recorder().add("POST", RUNS, run("queued")))[0]


def test_runs_that_only_a_list_shows_stand_in_their_time():
    recorder = Recorder().add(
        "GET", RUNS, listed(run(id_="run_b", created_at=NOON + 2), run(id_="run_a", created_at=NOON + 1))
    )
    recorder.add("POST", RUNS, run("queued", "run_c", created_at=NOON + 3))
    comments = scenario(recorder).comments
    assert [comments[("turns", n)].split()[0] for n in range(3)] == ["run_a", "run_b", "run_c"]


def test_files_that_share_a_thread_give_one_scenario_in_the_order_of_their_times():
    first = (
        Recorder()
        .add("POST", "/threads", thread(), {})
        .add("POST", MESSAGES, asked("Hello"))
        .add("POST", RUNS, run("queued"))
    )
    second = (
        Recorder().add("GET", RUN, run(), at=NOON + 100).add("GET", MESSAGES, listed(message("Hi.")), at=NOON + 101)
    )
    made = scenario(second.recording("b.yaml"), first.recording("a.yaml"))
    assert made.document["turns"][0]["steps"] == [{"say": "Hi."}]
    assert made.document["recording"]["source"] == ["b.yaml", "a.yaml"]


def test_other_files_give_a_scenario_each_and_help_with_what_they_know():
    known = Recorder().add(
        "GET", "/assistants/asst_1", {"id": "asst_1", "object": "assistant", "name": "Order Clerk", "model": "gpt-4o"}
    )
    made = distil(
        [
            known.recording("a.yaml"),
            conversation(Recorder(), 1).recording("b.yaml"),
            conversation(Recorder(), 2).recording("c.yaml"),
        ],
        Options(),
    )
    assert [one.name for one in made] == ["b", "c"]
    assert [list(one.document["recording"]["assistants"]) for one in made] == [["order_clerk"]] * 2


def test_ids_that_are_made_anew_are_other_objects():
    recorder = conversation(conversation(Recorder(), 1, "Hello", "Hi."), 1, "Bye", "See you.")
    made = turns(recorder)
    assert [(one["when"]["message"], one["steps"]) for one in made] == [
        ("Hello", [{"say": "Hi."}]),
        ("Bye", [{"say": "See you."}]),
    ]


def test_the_paths_of_azure_and_foundry_mean_the_same():
    for base in ("https://x.openai.azure.com/openai", "https://y.services.ai.azure.com/api/projects/p"):
        assert steps(conversation(Recorder(base), 1)) == [{"say": "Hi."}]


def test_tools_of_foundry_are_used_with_their_approvals():
    call = {
        "id": "call_1",
        "type": "mcp",
        "arguments": '{"pier":"north"}',
        "name": "depth_at",
        "server_label": "charts",
    }
    asks = run(
        "requires_action",
        required_action={"type": "submit_tool_approval", "submit_tool_approval": {"tool_calls": [call]}},
    )
    recorder = (
        Recorder("https://y.services.ai.azure.com/api/projects/p")
        .add("POST", RUNS, run("queued"))
        .add("GET", RUN, asks)
    )
    recorder.add(
        "POST",
        f"{RUN}/submit_tool_outputs",
        run("queued"),
        {"tool_approvals": [{"tool_call_id": "call_1", "approve": True}]},
    )
    recorder.add("GET", RUN, run())
    bing = {
        "id": "call_2",
        "type": "bing_grounding",
        "bing_grounding": {
            "requesturl": "https://api.bing.microsoft.com/v7.0/search?q=ferry times",
            "response_metadata": "{'num_docs_retrieved': 5}",
        },
    }
    recorder.add(
        "GET",
        f"{RUN}/steps?order=asc",
        listed(step("step_1", {**call, "output": "four metres"}), step("step_2", bing, at=NOON + 1)),
    )
    recorder.add("GET", MESSAGES, listed())
    assert steps(recorder) == [
        {
            "tool": "mcp",
            "name": "depth_at",
            "args": {"pier": "north"},
            "output": "four metres",
            "approve": True,
            "details": {"server_label": "charts"},
        },
        {"tool": "bing_grounding", "query": "ferry times", "output": "{'num_docs_retrieved': 5}"},
    ]


def test_the_header_says_where_it_comes_from_and_what_the_assistants_were():
    tools = [{"type": "code_interpreter"}]
    recorder = Recorder().add(
        "POST",
        "/assistants",
        {
            "id": "asst_1",
            "object": "assistant",
            "name": "Helper",
            "model": "gpt-4o",
            "instructions": "Be brief.",
            "tools": tools,
        },
    )
    conversation(recorder, 1)
    recorder.add("GET", "https://api.openai.com/v1/chat/completions", {})
    made = scenario(recorder)
    assert made.document["recording"] == {
        "source": "talk.yaml",
        "kind": "vcrpy",
        "sha256": "0123456789abcdef",
        "fidelity": "steps",
        "ids": "remap",
        "drift": "lenient",
        "wire": "2024-05-20",
        "recorded_at": "2024-05-20T12:00:00Z",
        "notes": ["1 poll collapsed", "1 request to /v1/chat/completions not part of it"],
        "assistants": {"helper": {"model": "gpt-4o", "instructions": "Be brief.", "tools": []}},
    }
    assert "fixtures" not in made.document


def test_a_run_says_what_it_was_given_other_than_its_assistant():
    recorder = conversation(Recorder(), 1)
    recorder.add("POST", RUNS, run("queued", "run_9", model="gpt-4o-mini"), {"model": "gpt-4o-mini"})
    assert turns(recorder)[1]["recorded"] == {
        "assistant": "assistant",
        "model": "gpt-4o-mini",
        "source": "talk.yaml:41",
    }


def test_attached_files_go_by_their_names():
    recorder = Recorder().upload(
        "llama.pdf", {"id": "file-1", "object": "file", "filename": "llama.pdf", "purpose": "assistants"}
    )
    recorder.add("POST", "/threads", thread(), {})
    recorder.add("POST", MESSAGES, asked("Read it", attachments=[{"file_id": "file-1", "tools": []}]))
    assert turns(recorder.add("POST", RUNS, run("queued")))[0]["recorded"]["files"] == ["llama.pdf"]


def test_what_the_program_used_and_had_not_made_is_a_fixture():
    made = scenario(Recorder().add("POST", MESSAGES, asked("Hello")).add("POST", RUNS, run("queued")))
    assert made.document["fixtures"] == {
        "assistants": {"assistant": {"id": "asst_1", "model": "gpt-4o", "instructions": "Be brief.", "tools": []}},
        "threads": {"thread": {"id": "thread_1"}},
    }
    assert made.document["chains"] == {"hello": {"thread": "thread_1"}}


def test_what_built_in_tools_did_is_lost_where_nobody_fetched_the_steps():
    recorder = Recorder().add("POST", RUNS, run("queued", tools=[{"type": "code_interpreter"}]))
    recorder.add("GET", RUN, run(tools=[{"type": "code_interpreter"}])).add("GET", MESSAGES, listed(message("Hi.")))
    made = scenario(recorder)
    assert made.fidelity == "messages_only"
    assert "the steps of the run were never fetched: what built-in tools did is not known" in made.notes


def test_what_functions_did_is_known_without_the_steps():
    tools = [{"type": "function", "function": {"name": "stock"}}]
    recorder = (
        Recorder()
        .add("POST", RUNS, run("queued", tools=tools))
        .add("GET", RUN, requires(function("stock"), tools=tools))
    )
    recorder.add(
        "POST",
        f"{RUN}/submit_tool_outputs",
        run("queued", tools=tools),
        {"tool_outputs": [{"tool_call_id": "call_1", "output": "1"}]},
    )
    recorder.add("GET", RUN, run(tools=tools)).add("GET", MESSAGES, listed(message("One.", at=NOON + 9)))
    assert scenario(recorder).fidelity == "steps"


def test_steps_that_were_listed_before_the_end_are_not_all():
    recorder = Recorder().add("POST", RUNS, run("queued", tools=[{"type": "code_interpreter"}]))
    recorder.add("GET", f"{RUN}/steps", listed()).add("GET", RUN, run(tools=[{"type": "code_interpreter"}]))
    assert scenario(recorder).fidelity == "messages_only"


# --- secrets --------------------------------------------------------------------------------------------------------

KEY = "sk-proj-MADEUPmadeup0000MADEUPmadeup1111MADEUP"


def test_keys_are_masked_wherever_they_stand_and_a_masked_question_still_matches():
    recorder = Recorder().add("POST", "/threads", thread(), {})
    recorder.add("POST", MESSAGES, asked(f"Use {KEY} please"), headers={"authorization": "Bearer 9f8e7d6c5b4a3928aabb"})
    recorder.add("POST", RUNS, run("queued", instructions=f"Key: {KEY}"))
    recorder.add(
        "GET",
        RUN,
        run("failed", last_error={"code": "server_error", "message": f"Bad key {KEY}, or 9f8e7d6c5b4a3928aabb"}),
    )
    made = scenario(recorder)
    assert KEY not in str(made)
    assert "9f8e7d6c5b4a3928aabb" not in str(made)
    assert made.document["turns"][0]["when"] == {"message": {"glob": "Use *** please"}}


def test_a_text_that_held_a_key_loses_its_cuts():
    from emulator.tests.test_distilled_runs import streamed

    made = scenario(streamed("Use sk-proj-MADEUPmadeup", "0000MADEUPmadeup1111MADEUP", " now"))
    assert made.document["turns"][0]["steps"] == [{"say": "Use *** now"}]


def test_what_was_asked_after_a_run_was_made_did_not_begin_it():
    recorder = Recorder().add("POST", "/threads/runs", run("queued"), {"assistant_id": "asst_1"})
    recorder.add("POST", f"{RUN}/cancel", run("cancelling"))
    recorder.add("POST", MESSAGES, asked("Never mind."), {"role": "user", "content": "Never mind."})
    recorder.add("POST", RUNS, run("queued", "run_2"))
    assert [one.get("when") for one in turns(recorder)] == [None, {"message": "Never mind."}]


def test_what_clients_wrote_for_the_assistant_is_no_answer():
    recorder = Recorder()
    recorder.add("POST", "/threads", thread(), {"messages": [{"role": "assistant", "content": "Welcome."}]})
    seeded = message("Noted.", "msg_8", run_id=None)
    body = {"additional_messages": [{"role": "assistant", "content": "Noted."}, {"role": "user", "content": "Hello"}]}
    recorder.add("POST", RUNS, run("queued"), body).add("GET", RUN, run())
    welcome = message("Welcome.", "msg_7", run_id=None)
    recorder.add("GET", MESSAGES, listed(message("Hi."), asked("Hello", "msg_9"), seeded, welcome))
    assert [one["steps"] for one in turns(recorder)] == [[{"say": "Hi."}]]


def test_exported_messages_that_name_no_run_are_of_a_client_where_others_name_theirs():
    seeded = message("Noted.", "msg_8", run_id=None)
    made = scenario(exported(thread(), asked("Hello"), seeded, message("Hi.", at=NOON + 1), run(at=NOON)))
    assert [one["steps"] for one in made.document["turns"]] == [[{"say": "Hi."}]]


# --- exports --------------------------------------------------------------------------------------------------------


def test_exported_messages_between_those_of_the_user_are_answers():
    objects = [
        thread(),
        asked("Hello", at=NOON),
        message("Hi.", run_id=None, at=NOON + 1),
        message("How are you?", "msg_2", run_id=None, at=NOON + 2),
        asked("Fine", "msg_3", at=NOON + 3),
        message("Good.", "msg_4", run_id=None, at=NOON + 4),
    ]
    made = scenario(exported(*objects))
    assert [(one["when"]["message"], one["steps"]) for one in made.document["turns"]] == [
        ("Hello", [{"say": "Hi."}, {"say": "How are you?"}]),
        ("Fine", [{"say": "Good."}]),
    ]
    assert made.fidelity == "messages_only"


def test_exported_threads_come_back_unless_that_is_not_wanted():
    import json

    made = scenario(exported(thread(), asked("Hello"), message("Hi.", run_id=None)))
    assert made.document["fixtures"] == {"exports": ["export.objects.json"]}
    assert made.document["chains"] == {"hello": {"thread": "thread_1"}}
    assert [one["id"] for one in json.loads(made.assets["export.objects.json"])] == ["thread_1", "msg_0", "msg_1"]
    assert "fixtures" not in scenario(exported(thread(), asked("Hello")), threads=False).document


def test_exported_runs_with_steps_are_as_good_as_recorded_ones():
    objects = [
        thread(),
        asked("Hello"),
        run(),
        step("step_1", function("stock", output="1")),
        step("step_2", says="msg_1", at=NOON + 1),
        message("One.", at=NOON + 1),
    ]
    made = scenario(exported(*objects))
    assert made.document["turns"][0]["steps"] == [{"call": "stock", "recorded": "1"}, {"say": "One."}]
    assert made.fidelity == "steps"


def test_a_turn_names_the_request_that_made_its_run():
    listing = Recorder().add("GET", RUNS, listed(run()))
    listing.exchanges[0] = replace(listing.exchanges[0], at=NOON - 1)
    made = scenario(listing.recording("listed.yaml"), conversation(Recorder(), 1).recording("made.yaml"))
    assert made.document["turns"][0]["recorded"]["source"] == "made.yaml:11"
    assert made.comments["turns", 0].startswith("run_1 (made.yaml:11): ")


def test_a_run_that_messages_alone_show_stands_where_the_first_of_them_does():
    recorder = Recorder().add("GET", MESSAGES, listed(message("Hi.", run_id=None), asked("Hello")))
    recorder.add("GET", "/threads/thread_2/messages", listed())
    (turn,) = turns(recorder)
    assert turn["recorded"] == {"source": "talk.yaml:1"}


def test_a_run_that_was_not_exported_is_taken_as_completed():
    objects = [thread(), asked("Hello"), run(), message("Hi.")]
    made = scenario(exported(*objects, stand_ins=["run_1"]))
    assert made.document["turns"][0]["steps"] == [{"say": "Hi."}]
    assert made.document["turns"][0]["recorded"] == {"source": "export.json"}
    assert "1 run known by messages alone: taken as completed" in made.notes


def test_a_thread_without_a_run_gives_a_scenario_without_turns():
    made = scenario(exported(thread(), asked("Hello")))
    assert made.document["turns"] == []
    assert "it shows threads and no run: there is nothing to play" in made.notes


def test_a_recording_without_a_thread_says_what_it_holds():
    recorder = Recorder().add("POST", "https://api.openai.com/v1/chat/completions", {}).add("GET", "/files", listed())
    assert distil([recorder.recording()], Options()) == []
    assert holdings(recorder.recording()) == "holds 2 requests, none of a thread (1 to /v1/chat/completions)"


def test_many_turns_lie_beside_the_scenario_one_a_line(monkeypatch):
    import json

    from emulator.recording.distiller import scenarios

    monkeypatch.setattr(scenarios, "MOST_TURNS", 1)
    made = scenario(conversation(conversation(Recorder(), 1), 2))
    assert made.document["turns"] == {"file": "talk.turns.jsonl"}
    lines = made.assets["talk.turns.jsonl"].splitlines()
    assert [json.loads(line)["chain"] for line in lines] == ["hello", "hello (2)"]


def test_fields_of_a_wrong_type_are_left_out():
    odd = run("completed", usage=[1], tools="all", last_error="oops", incomplete_details=7, created_at="today")
    recorder = conversation(Recorder(), 1).add(
        "POST", RUNS, {**odd, "id": "run_9"}, {"additional_messages": [None, {"role": "user", "content": 5}]}
    )
    recorder.add(
        "GET",
        f"{RUNS}/run_9/steps",
        {"data": [None, {"id": 5}, step("step_9", {"id": [], "type": "function", "function": "f"}, run_id="run_9")]},
    )
    assert turns(recorder)[1]["steps"] == [{"call": "unknown", "args": ""}]


def test_ids_are_pinned_in_the_order_in_which_objects_were_made():
    header = scenario(conversation(conversation(Recorder(), 1), 2), ids="pin").document["recording"]
    assert header["pinned"] == {
        "thread": ["thread_1", "thread_2"],
        "msg": ["msg_1", "msg_2"],
        "run": ["run_1", "run_2"],
    }


# --- which message a run had seen -----------------------------------------------------------------------------------


def of_one_second(*objects):
    made = scenario(exported(thread(), *objects)).document["turns"]
    return [(one["when"]["message"], one["steps"]) for one in made]


def test_runs_of_one_second_without_an_answer_have_seen_the_message_that_nobody_answered():
    questions = [asked(f"Question {number}", f"msg_q{number}") for number in range(4)]
    messages = [questions[0], message("Zero.", "msg_a0", "run_0"), *questions[1:], message("Three.", "msg_a3", "run_3")]
    failed = {"status": "failed", "last_error": {"code": "server_error", "message": "Sorry."}}
    runs = [run(id_="run_0"), run(id_="run_1", **failed), run("expired", "run_2"), run(id_="run_3")]
    assert of_one_second(*messages, *runs) == [
        ("Question 0", [{"say": "Zero."}]),
        ("Question 1", [{"fail": "server_error", "message": "Sorry."}]),
        ("Question 2", [{"expire": True}]),
        ("Question 3", [{"say": "Three."}]),
    ]
