import pytest

from emulator.domain.actions import Fail, SearchFiles

PREFIX = "file.yaml:4: turns[0].steps[0].results[0]"


def searching(result):
    return f"turns:\n- steps: [{{search: q, results: [{result}]}}]"


@pytest.mark.parametrize(
    "result,message",
    [
        ("{file_name: a.md}", ": a result needs file_id, the id of a file"),
        ("{file_id: 7}", ".file_id: expected text, got 7"),
        ("{file_id: a, file_name: [b]}", ".file_name: expected text, got ['b']"),
        ("{file_id: a, score: high}", '.score: expected a number from 0 to 1, got "high"'),
        ("{file_id: a, score: true}", ".score: expected a number from 0 to 1, got True"),
        ("{file_id: a, score: nan}", ".score: expected a number from 0 to 1, got nan"),
        ("{file_id: a, score: \"{{ 'high' }}\"}", '.score: expected a number from 0 to 1, got "high"'),
        ("{file_id: a, attributes: [b]}", ".attributes: expected a mapping, got ['b']"),
        ("{file_id: a, attributes: {b: [c]}}", ".attributes.b: expected a text, a number, true or false, got ['c']"),
        ("{file_id: a, content: No shoes}", ".content: expected a list of parts, such as [{type: text, text: …}]"),
        ("{file_id: a, content: [No shoes]}", ".content[0]: expected a part, such as {type: text, text: …}"),
        ("{file_id: a, content: [{text: b}]}", '.content[0]: expected a part with type: text, got "none"'),
        ("{file_id: a, content: [{type: text, txt: b}]}", ".content[0]: expected a part with a text under text, which"),
        (
            "{file_id: a, content: [{type: text, text: 3}]}",
            ".content[0]: expected a part with a text under text, got 3",
        ),
    ],
)
def test_a_result_of_a_wrong_shape_does_not_load(problems, result, message):
    found = problems(searching(result))
    assert len(found) == 1
    assert found[0].startswith(PREFIX + message)


@pytest.mark.parametrize(
    "result,message",
    [
        ("{file_id: a, text: b}", '.text: a result has no field "text", '),
        ("{file_id: a, filename: b}", '.filename: a result has no field "filename", did you mean file_name?'),
        ("{file_id: a, score: 8}", ".score: a score lies between 0 and 1, got 8"),
        ("{file_id: a, score: -0.5}", ".score: a score lies between 0 and 1, got -0.5"),
        (
            "{file_id: a, content: [{type: text, text: b, txt: c}]}",
            '.content[0].txt: a part has no field "txt", did you mean text?',
        ),
    ],
)
def test_a_result_that_is_probably_not_meant_is_warned_about(linted, result, message):
    found = linted(searching(result))
    assert len(found) == 1
    assert found[0].startswith(PREFIX + message)


@pytest.mark.parametrize(
    "result",
    [
        "{file_id: a}",
        "{file_id: a, file_name: null, attributes: null, content: null}",
        "{file_id: a, score: 1, attributes: {b: c, d: 1, e: true}, content: []}",
        "{file_id: '{{ files[0].id }}', score: '{{ turn / 10 }}', content: [{type: text, text: '{{ message }}'}]}",
    ],
)
def test_a_result_in_the_shape_of_the_api_is_fine(linted, result):
    assert linted(searching(result)) == []


def test_a_template_gives_the_number_of_a_score(steps):
    [search] = steps("- {search: q, results: [{file_id: a, score: '{{ turn / 4 }}'}]}")
    assert search == SearchFiles("q", ({"file_id": "a", "score": 0.25},))


def test_a_template_that_gives_no_number_fails_the_run_with_its_place(steps):
    [fail] = steps("- {search: q, results: [{file_id: a}, {file_id: b, score: '{{ message }}'}]}")
    assert isinstance(fail, Fail)
    place = "[emulator] file.yaml:6: turns[0].steps[0].results[1].score: "
    assert fail.message == place + 'expected a number from 0 to 1, got "hello"'
