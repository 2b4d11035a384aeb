"""The picture of a timeline: well-formed, to scale, without overlapping texts, safe and bounded."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from contract_tests.harness import WEATHER
from contract_tests.inspector.emulated import emulated
from emulator.domain.timelines import Moment, Span, Timeline
from emulator.timeline_pictures.labels import width
from emulator.timeline_pictures.layout import layout
from emulator.timeline_pictures.picture import svg

SVG = "{http://www.w3.org/2000/svg}"


def moments(*ats):
    return [Moment(1_000_000.0 + at, place) for place, at in enumerate(ats)]


def status(name, began, ended, **more):
    return Span("status", "status", name, began, ended, status=name, **more)


def timeline_of(*spans, is_over=True, run_id="run_1", **more):
    ends = [one.ended or one.began for one in spans]
    now = max(end.at for end in ends)
    places = 1 + max(end.place for end in ends)
    return Timeline(run_id, spans[-1].name, is_over, **{"now": now, "spans": spans, "places": places, **more})


def simple(*ats):
    first, second, last = moments(*ats)
    return timeline_of(
        status("queued", first, second), status("in_progress", second, last), status("completed", last, last)
    )


def bars(timeline):
    return [bar for lane in layout(timeline).lanes for bar in lane.bars]


def labels(timeline):
    return [bar.label for bar in bars(timeline) if bar.label]


def overlapping(timeline):
    found = sorted(labels(timeline), key=lambda label: (label.y, label.extent))
    return [
        (one.text, other.text) for one, other in pairwise(found) if one.y == other.y and one.extent[1] > other.extent[0]
    ]


def test_places_are_proportional_to_time():
    queued, in_progress, completed = bars(simple(0, 2.5, 10))
    left, right = queued.x, completed.x + completed.width
    assert (in_progress.x - left) / (right - left) == pytest.approx(0.25, abs=0.005)
    assert queued.width / in_progress.width == pytest.approx(2.5 / 7.5, abs=0.01)


@pytest.mark.parametrize(
    "length, step, last",
    [
        (0.00038, "50 µs", "350 µs"),
        (0.35, "50 ms", "350 ms"),
        (7, "1 s", "7 s"),
        (95, "15 s", "1 min 30 s"),
        (600, "2 min", "10 min"),
        (86_400, "3 h", "1 d"),
        (30 * 86_400, "7 d", "28 d"),
        (40 * 365 * 86_400, "3,650 d", "14,600 d"),
    ],
)
def test_ticks_have_sensible_units(length, step, last):
    drawn = layout(simple(0, length / 2, length))
    assert drawn.explained.startswith(f"Drawn to scale: a mark every {step}, ")
    assert (drawn.ticks[0].label, drawn.ticks[-1].label) == ("0", last)
    assert len(drawn.ticks) <= 9


def test_where_no_time_passes_things_stand_evenly_and_the_picture_says_so():
    drawn = layout(simple(0, 0, 0))
    queued, in_progress, completed = drawn.lanes[0].bars
    assert in_progress.x - queued.x == pytest.approx(completed.x - in_progress.x)
    assert drawn.ticks == ()
    assert "not to scale" in svg(simple(0, 0, 0))


def test_a_run_that_goes_on_is_drawn_up_to_now():
    first, second = moments(0, 1)
    timeline = timeline_of(
        status("queued", first, second), status("in_progress", second, None), is_over=False, now=second.at + 9
    )
    drawn = layout(timeline)
    assert drawn.end == pytest.approx(944)
    assert drawn.lanes[0].bars[-1].x + drawn.lanes[0].bars[-1].width == pytest.approx(944)
    assert 'class="now"' in svg(timeline)


def test_texts_never_overlap():
    where = moments(*[0, 0, 0.001, 0.001, 0.002, 500, 500.001, 500.002, 600])
    names = [
        "queued",
        "in_progress",
        "requires_action",
        "queued",
        "in_progress",
        "requires_action",
        "queued",
        "in_progress",
    ]
    spans = [status(name, *pair) for name, pair in zip(names, pairwise(where), strict=True)]
    spans.append(status("completed", where[-1], where[-1]))
    calls = [Span("work", "call", "look_outside", at, at, '{"town":"Cuxhaven"} → fog and more fog') for at in where]
    wide = [Span("work", "call", "天気予報" * 20, at, at) for at in where]
    timeline = timeline_of(*spans, *calls, *wide, run_id="run_1")
    assert overlapping(timeline) == []
    assert all(label.extent[0] >= 72 and label.extent[1] <= 945 for label in labels(timeline))
    assert width("天") == 2 * width("a")


def test_hostile_names_are_text():
    (at,) = moments(0)
    evil = "</title><script>alert(1)</script>\u202e\x00\ud800 & \"'"
    timeline = timeline_of(Span("work", "call", evil, at, at, evil), status("completed", at, at), run_id=evil)
    for drawn in (svg(timeline), svg(timeline, alone=False)):
        root = ElementTree.fromstring(drawn)
        assert [element.tag for element in root.iter() if "script" in element.tag] == []
        assert "\u202e" not in drawn
        assert drawn.encode()


def test_a_picture_has_a_name_and_a_text_in_place_of_it():
    root = ElementTree.fromstring(svg(simple(0, 1, 3)))
    assert (root.get("role"), root.get("aria-label")) == ("img", "Timeline of run_1")
    assert root.find(f"{SVG}title").text == "Timeline of run_1"
    about = root.find(f"{SVG}desc").text
    assert about.startswith("completed after 3 s: queued, in progress, completed; 0 calls, 0 requests of the client.")


def test_within_a_page_it_has_no_style_of_its_own():
    assert "<style>" in svg(simple(0, 1, 3))
    assert "prefers-color-scheme: dark" in svg(simple(0, 1, 3))
    assert "style" not in svg(simple(0, 1, 3), alone=False)


async def test_hundreds_of_calls_and_thousands_of_polls_stay_small():
    async with emulated() as server:
        await server.play(*[{"call": "look_outside", "args": {"town": "x" * 2_000}}] * 300, {"say": "Fog."})
        run = await server.start(tools=[WEATHER])
        for number in range(300):
            await server.answer(run, "fog" * 500)
            if number % 50 == 0:
                await server.advance("1s")
        namespace = await server.namespaces.find("default")
        poll = next(request for request in await namespace.requests.read() if request.method == "GET")
        for _ in range(2_000):
            namespace.requests.append(poll)
        drawn = svg(await server.timeline(run.id))
    ElementTree.fromstring(drawn)
    assert len(drawn) < 300_000


async def test_the_control_api_and_the_harness_draw_it():
    async with emulated() as server:
        await server.play({"say": "Fog."})
        run = await server.start()
        answer = await server.http.get(f"/_emulator/ns/default/runs/{run.id}/timeline.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        policy = answer.headers["content-security-policy"]
        assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'none'", policy)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert f"Timeline of {run.id}" in answer.text
        missing = await server.http.get("/_emulator/ns/default/runs/run_x/timeline.svg")
        assert (missing.status_code, missing.json()["error"]["message"]) == (404, "No run found with id 'run_x'.")
