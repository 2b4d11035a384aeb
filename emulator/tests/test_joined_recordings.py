"""Several files of one conversation: read as one, whichever of them holds what the others only name."""

import json
from pathlib import Path

from contract_tests.made_up_recordings import Recorder, asked, function, listed, message, run, step, thread
from emulator.recording.distiller import Options, distil, useless
from emulator.recording.formats.exports import read_export
from emulator.recording.groups import Groups

AT = 1_714_644_000
TEXTS = ["Is it open?", "Until six.", "And on Sundays?", "No."]


def export(name, value):
    return read_export(Path(name), "messages-dump", json.dumps(value).encode())


def said(number, thread_id="thread_1", **fields):
    about = {"id": f"msg_{number}", "thread_id": thread_id, "at": AT + number}
    text = TEXTS[number]
    return asked(text, **about, **fields) if number % 2 == 0 else message(text, run_id=f"run_{number}", **about)


def page(*numbers, more=False, thread_id="thread_1"):
    return listed(*(said(number, thread_id) for number in sorted(numbers, reverse=True)), more=more)


def distilled(*recordings):
    return distil(list(recordings), Options())


def said_in(made):
    return [one["steps"][0]["say"] for one in made.document["turns"]]


def objects_of(made):
    (asset,) = made.assets.values()
    return json.loads(asset)


def conversation(question, answer="Hi.", name="talk.yaml", thread_id="thread_1"):
    recorder = Recorder().add("POST", "/threads", thread(thread_id))
    at = f"/threads/{thread_id}"
    asking = {"role": "user", "content": question}
    recorder.add("POST", f"{at}/messages", asked(question, f"{thread_id}_m", thread_id=thread_id), asking)
    about = {"id_": f"{thread_id}_run", "thread_id": thread_id}
    recorder.add("POST", f"{at}/runs", run("queued", **about), {"assistant_id": "asst_1"})
    recorder.add("GET", f"{at}/runs/{thread_id}_run", run(**about))
    reply = message(answer, f"{thread_id}_a", f"{thread_id}_run", thread_id=thread_id)
    return recorder.add("GET", f"{at}/messages", listed(reply)).recording(name)


# --- exports ----------------------------------------------------------------------------------------------------------


def test_pages_of_one_thread_give_one_scenario_in_any_order():
    newest, oldest = export("new.json", page(2, 3, more=True)), export("old.json", page(0, 1))
    for files in ([newest, oldest], [oldest, newest]):
        (made,) = distilled(*files)
        assert said_in(made) == ["Until six.", "No."]
        assert made.document["recording"]["source"] == [one.path.name for one in files]
        assert [source.name for source in made.sources] == [one.path.name for one in files]
        ids = [one["id"] for one in objects_of(made) if one["object"] == "thread.message"]
        assert ids == ["msg_0", "msg_1", "msg_2", "msg_3"]
        assert not any("more behind it" in note for note in made.notes)


def test_a_page_that_is_not_the_last_says_so_where_it_is_alone():
    (made,) = distilled(export("new.json", page(2, 3, more=True)))
    assert any("more behind it" in note for note in made.notes)


def test_what_one_file_names_and_another_holds_is_known():
    call = step("step_1", function("hours", output="6"), at=AT)
    whole = [thread(created_at=AT), said(0), run(created_at=AT), call, said(1)]
    dump, more = export("dump.json", page(0, 1)), export("more.json", {"objects": whole})
    for files in ([dump, more], [more, dump]):
        (made,) = distilled(*files)
        assert made.document["turns"][0]["steps"][0] == {"call": "hours", "recorded": "6"}
        assert not any("run that was not exported" in note or "messages alone" in note for note in made.notes)


def test_what_is_odd_about_a_file_names_it():
    odd = {"messages": [{"role": "user", "content": "Hello", "thread_id": "thread_1"}]}
    (made,) = distilled(export("dump.json", page(0, 1)), export("odd.json", odd))
    assert "odd.json: $.messages[0]: it has no id of the API, so one was made of its content" in made.notes


def test_exports_of_other_threads_give_other_scenarios():
    first, second = distilled(export("a.json", page(0, 1)), export("b.json", page(2, 3, thread_id="thread_2")))
    assert [first.name, second.name] == ["a", "b"]


# --- what nobody exported is not compared -----------------------------------------------------------------------------


def test_a_stand_in_has_no_model_that_could_differ():
    (made,) = distilled(export("dump.json", listed(said(0), {**said(1), "assistant_id": "asst_1"})))
    assert "assistants" not in made.document["recording"]
    assert made.document["turns"][0]["recorded"] == {"source": "dump.json"}


def test_a_citation_names_its_file_where_nothing_else_does():
    def cited(mark):
        citation = {"type": "file_citation", "text": mark, "file_citation": {"file_id": "file-1"}}
        answer = message(f"No.{mark}", run_id="run_1", annotations=[{**citation, "start_index": 3, "end_index": 4}])
        attached = {"attachments": [{"file_id": "file-1", "tools": []}]}
        (made,) = distilled(export("dump.json", listed(said(0, **attached), answer)))
        (turn,) = made.document["turns"]
        return turn.get("recorded", {}).get("files"), turn["steps"][0]["annotations"][0]["file_citation"]["file_id"]

    named = ["hours.md"], "{{ file_id('hours.md') }}"
    assert cited("【4:0†hours.md】") == named
    assert cited("【4†hours.md】") == named
    assert cited("【4:0†source】") == (None, "file-1")  # what has no name would seem to be missing today
    assert cited("[1]") == (None, "file-1")


def test_an_exported_run_that_failed_at_once_has_no_steps_that_are_missing():
    tools = [{"type": "code_interpreter"}]
    failed = run("failed", "run_2", created_at=AT + 2, tools=tools, last_error={"code": "server_error"})
    done = [run(created_at=AT, tools=tools), step("step_1", says="msg_1", at=AT + 1)]

    def exported(*runs):
        return distilled(export("all.json", {"objects": [thread(created_at=AT), said(0), said(1), said(2), *runs]}))[0]

    whole = exported(*done, failed)
    assert (whole.fidelity, whole.notes) == ("steps", [one for one in whole.notes if "steps" not in one])
    assert exported(done[0], failed).fidelity == "messages_only"  # no steps were exported at all


# --- recorded requests ------------------------------------------------------------------------------------------------


def test_recordings_that_say_something_else_under_the_same_ids_stay_apart():
    """As where ids were replaced by the same ones everywhere, or a cassette was copied and edited."""
    one, other = conversation("Hello", name="a.yaml"), conversation("Good evening", "Good night.", name="b.yaml")
    found = distilled(one, other, conversation("Hello", name="c.yaml"))
    assert [(made.name, said_in(made)) for made in found] == [("a", ["Hi."]), ("b", ["Good night."])]
    assert [[path.name for path in made.sources] for made in found] == [["a.yaml", "c.yaml"], ["b.yaml"]]


def test_threads_that_begin_otherwise_under_one_id_stay_apart():
    def begun(text, name):
        asking = {"assistant_id": "asst_1", "thread": {"messages": [{"role": "user", "content": text}]}}
        recorder = Recorder().add("POST", "/threads/runs", run("queued"), asking)
        recorder.add("GET", "/threads/thread_1/runs/run_1", run())
        return recorder.add("GET", "/threads/thread_1/messages", listed(message(text.upper()))).recording(name)

    found = distilled(begun("a", "a.yaml"), begun("b", "b.yaml"))
    assert [said_in(made) for made in found] == [["A"], ["B"]]


def test_an_assistant_that_a_file_of_its_own_shows_is_known_to_all():
    shown = Recorder().add(
        "POST", "/assistants", {"id": "asst_1", "object": "assistant", "name": "Helper", "model": "m"}
    )
    files = [conversation("Hello", name="a.yaml"), conversation("Bye", name="b.yaml"), shown.recording("setup.yaml")]
    found = distilled(*files)
    assert [list(made.document["recording"]["assistants"]) for made in found] == [["helper"], ["helper"]]
    assert list(useless(files, found)) == []


def test_groups_are_joined_by_what_stands_between():
    groups = Groups(5)
    groups.join([0, 3])
    groups.join([3, 4])
    groups.join([])
    assert list(groups.members().values()) == [[0, 3, 4], [1], [2]]
