"""What is kept of an answer: what its client got to see of statuses."""

from emulator.domain.observations import Observed, ObservedStream, Seen, error_name, of_document, of_list


def run(status, **more):
    return {"object": "thread.run", "id": "run_1", "status": status, **more}


def test_a_document_without_a_status_shows_nothing():
    assert of_document({"object": "thread", "id": "thread_1"}) is None


def test_a_document_shows_its_status_and_why():
    assert of_document(run("failed", last_error={"code": "server_error"})) == Observed(
        (Seen("thread.run", "run_1", "failed", "server_error"),)
    )
    assert of_document(run("incomplete", incomplete_details={"reason": "max_completion_tokens"})).objects == (
        Seen("thread.run", "run_1", "incomplete", "max_completion_tokens"),
    )


def test_a_list_shows_those_that_have_a_status_and_whether_it_goes_on():
    assert of_list([run("queued"), {"object": "thread.message", "id": "msg_1"}], has_more=True) == Observed(
        (Seen("thread.run", "run_1", "queued"),), has_more=True
    )


def test_a_stream_shows_its_events_up_to_where_it_was_cut():
    stream = ObservedStream()
    stream.see("thread.run.queued", run("queued"))
    stream.see("thread.message.delta", {}, times=5)
    stream.see("thread.message.delta", {})
    stream.see("thread.run.completed", run("completed"))
    assert stream.observed().ending == "left"
    stream.ending = "done"
    assert stream.observed() == Observed(
        (Seen("thread.run", "run_1", "queued"), Seen("thread.run", "run_1", "completed")),
        None,
        (("thread.run.queued", 1), ("thread.message.delta", 6), ("thread.run.completed", 1)),
        "done",
    )
    stream.cut(3)
    assert stream.observed() == Observed(
        (Seen("thread.run", "run_1", "queued"),),
        None,
        (("thread.run.queued", 1), ("thread.message.delta", 2)),
        "cut",
    )


def test_an_event_that_is_garbled_shows_nothing():
    stream = ObservedStream()
    stream.see("thread.run.queued", run("queued"))
    stream.see("thread.message.delta", {}, times=3)
    stream.see("thread.run.completed", run("completed"))
    stream.garble(1)
    assert stream.observed().objects == (Seen("thread.run", "run_1", "completed"),)
    assert stream.observed().events == (("thread.message.delta", 3), ("thread.run.completed", 1))
    stream.garble(3)
    stream.cut(3)
    assert stream.observed().objects == (Seen("thread.run", "run_1", "queued"),)
    assert stream.observed().events == (("thread.run.queued", 1), ("thread.message.delta", 1))


def test_a_run_that_waits_for_its_client_shows_for_what():
    asked = run("requires_action", required_action={"type": "submit_tool_outputs"})
    assert of_document(asked).objects == (Seen("thread.run", "run_1", "requires_action", "submit_tool_outputs"),)


def test_an_error_is_named_by_its_code_or_else_its_type():
    assert error_name({"code": "rate_limit_exceeded", "type": "requests"}) == "rate_limit_exceeded"
    assert error_name({"code": None, "type": "server_error"}) == "server_error"
    assert error_name({"message": "x", "code": 7}) is None
