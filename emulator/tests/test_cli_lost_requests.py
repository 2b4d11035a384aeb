"""Requests of programs that never found an endpoint."""

from emulator.cli.lost_requests import LostRequests


def request(hint, path="/threads"):
    return {"namespace": "a", "method": "POST", "sent_path": path, "status": 404, "ms": 1.0, "hint": hint}


def test_each_mistake_is_one_hint_about_the_first_request():
    lost = LostRequests()
    for path in ("/threads", "/files"):
        lost(request("base_url lacks /v1", path))
    (found,) = lost.hints()
    assert (found.place, found.hint["about"], found.hint["count"]) == ("a", "POST /threads", 2)


def test_where_any_request_led_somewhere_none_was_lost():
    lost = LostRequests()
    lost(request("base_url lacks /v1"))
    lost(request(None, "/v1/threads"))
    assert lost.hints() == []


def test_requests_are_passed_on():
    shown = []
    LostRequests(shown.append)(request(None))
    assert len(shown) == 1
