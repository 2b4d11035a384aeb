"""A name that is not there is answered with what is; a search that found nothing can be cited without an error."""

import pytest

from emulator.domain.actions import Fail, Say
from emulator.domain.view import AttachedFile
from scripted_models import Script, SearchFiles
from scripted_models.absences import AbsentError
from scripted_models.template_compiler import TemplateError
from scripted_models.templating import fill

GIVEN = {
    "vars": {"name": "Ada", "city": {"zip": "1"}},
    "outputs": {"get_weather": '{"temperature": 3}'},
    "message": "hello",
    "empty": {},
    "files": [{"id": "file-1"}],
}


@pytest.mark.parametrize(
    "text,message",
    [
        ("{{ vars.nme }}", 'vars has no "nme", did you mean name? It has city, name'),
        ("{{ vars['nme'] }}", 'vars has no "nme", did you mean name? It has city, name'),
        ("{{ vars.zzz }}", 'vars has no "zzz"; it has city, name'),
        ("{{ vars.city.zpi }}", 'vars.city has no "zpi", did you mean zip? It has zip'),
        ("{{ empty.x }}", 'empty has no "x"; it is empty'),
        ("{% for v in [vars] %}{{ v.nme }}{% endfor %}", 'vars has no "nme", did you mean name?'),
        ("{{ {'a': 1}.b }}", 'a mapping has no "b"; it has a'),
        ("{{ files[2].id }}", "files has no element 2; it has 1"),
        ("{{ files[0].nme }}", 'files[0] has no "nme"; it has id'),
        ("{{ outputs.get_weather.temperature }}", 'outputs.get_weather is a text, and has no "temperature"; the filter data'),
        ("{{ message.temperature }}", 'message is a text, and has no "temperature"'),
        ("{{ mesage }}", "'mesage' is undefined, did you mean message?"),
        ("{{ zzz }}", "'zzz' is undefined; there are empty, files, message, outputs, vars"),
        ("{{ vars.nme | upper }}", 'vars has no "nme"'),
        ("{% if vars.nme %}x{% endif %}", 'vars has no "nme"'),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_answered_with_what_is(text, message):
    with pytest.raises(TemplateError) as caught:
        fill(text, GIVEN)
    assert str(caught.value).startswith(f"template: {message}")


def test_many_names_are_not_all_listed():
    error = AbsentError({str(n): n for n in range(100)}, "x", "")
    assert error.describe({}) == 'a mapping has no "x"; it has 0, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …'


@pytest.mark.parametrize(
    "expression,expected",
    [
        ("'ask_db' in tools", True),
        ("'file_search' in tools", True),
        ("'retrieval' in tools", True),
        ("'ask' in tools", False),
        ("tools == ['ask_db', 'file_search']", True),
        ("model == 'gpt-4o' and instructions == 'Be brief.'", True),
        ("run.metadata.kind == 'test' and run.id == 'run_1'", True),
        ("thread.metadata.user == 'ann' and thread.id == 'thread_1'", True),
        ("'kind' in thread.metadata", False),
        ("assistant.metadata.team == 'blue'", True),
    ],
)
def test_conditions_and_templates_see_what_the_run_is(scenario, engine, view, expression, expected):
    tools = ({"type": "function", "function": {"name": "ask_db"}}, {"type": "file_search"})
    loaded = scenario(
        f'turns: [{{steps: [{{choose: [{{if: "{expression}", steps: [{{say: \'True\'}}]}}, {{steps: [{{say: "{{{{ {expression} }}}}"}}]}}]}}]}}]'
    )
    played = view(tools=tools, run_metadata={"kind": "test"}, thread_metadata={"user": "ann"})
    assert engine.play(loaded.backend.turn(played))[0].text == str(expected)


def test_without_instructions_there_is_an_empty_text(scenario, engine, view):
    loaded = scenario("turns: [{steps: [{say: '<{{ instructions }}>'}]}]")
    assert engine.play(loaded.backend.turn(view(instructions=None)))[0].text == "<>"


@pytest.mark.parametrize(
    "text,message",
    [
        ("run.metdata", 'run has no "metdata", did you mean metadata? It has id, metadata'),
        ("assistant.tools", 'assistant has no "tools"; it has id, metadata, name'),
        ("thread.metadata.user", 'thread.metadata has no "user"; it is empty'),
    ],
)
def test_a_field_that_the_run_has_not_is_answered_with_those_it_has(steps, text, message):
    (failed,) = steps(f"- say: '{{{{ {text} }}}}'")
    assert message in failed.message


def test_a_python_turn_sees_what_the_run_is(engine, view):
    script = Script()

    @script.turn
    def answer(t):
        yield Say(f"{t.model} {t.instructions} {'retrieval' in t.tools} {t.run['metadata']} {t.thread['id']}")

    played = view(tools=({"type": "file_search"},), run_metadata={"a": "b"})
    assert engine.play(script.turn(played))[0].text == "gpt-4o Be brief. True {'a': 'b'} thread_1"


# --- searches -------------------------------------------------------------------------------------------------------

HIT = {"file_id": "file-1", "file_name": "a.txt", "score": 1.0}


def test_a_search_that_finds_nothing_is_cited_without_an_error(steps):
    played = steps("- search: tides\n- say: 'High{{ cite(hits) }}{{ cite(hits.first) }}{{ hits.first }}.'")
    assert played[1:] == [Say("High.")]


def test_a_search_is_cited_by_its_first_result(steps, engine):
    engine.hits = (HIT, {**HIT, "file_id": "file-2"})
    said = steps("- search: tides\n- say: 'High {{ cite(hits) }}.'")[1]
    assert said.text == "High 【4:0†a.txt】."
    assert [one["file_citation"]["file_id"] for one in said.annotations] == ["file-1"]
    assert steps("- search: tides\n- say: '{{ hits.first.file_name }}'")[1].text == "a.txt"


@pytest.mark.parametrize(
    "of", ["hits.results[0]", "cite(hits.results[0])", "hits.results[0].file_id", "hits.first.file_id"]
)
def test_a_result_that_a_search_did_not_find_fails_and_says_why(steps, scenario, engine, view, of):
    text = f"turns: [{{steps: [{{search: tides}}, {{say: '{{{{ {of} }}}}'}}]}}]"
    nowhere, somewhere = view(), view(vector_store_ids=("vs_1",))
    attached = view(files=(AttachedFile("file-1", "a", ("file_search",)),))
    for run, why in (
        (nowhere, "the run reaches no store"),
        (somewhere, "no text of the files is a hit"),
        (attached, "no text of the files is a hit"),
    ):
        failed = engine.play(scenario(text).backend.turn(run))[-1]
        assert isinstance(failed, Fail)
        assert (
            failed.message
            == f"[emulator] file.yaml:3: turns[0].steps[1].say: template: the search found nothing ({why})"
        )
    failed = steps(f"- {{search: tides, results: []}}\n- say: '{{{{ {of} }}}}'")[-1]
    assert failed.message.endswith("the search found nothing (its script gives no results)")


def test_what_no_search_found_cannot_be_cited(steps):
    for wrong in ("'a.txt'", "[1]", "vars", "hits.results"):
        failed = steps(
            f'- set: {{a: b}}\n- {{search: x, results: [{{file_id: f}}]}}\n- say: "{{{{ cite({wrong}) }}}}"'
        )[-1]
        assert "cite takes what a search found, such as hits, or one of hits.results" in failed.message


def test_a_python_turn_cites_a_search_that_may_be_empty(engine, view):
    script = Script()

    @script.turn
    def answer(t):
        hits = yield SearchFiles("tides")
        yield Say(f"High{t.cite(hits)}{t.cite(hits.first)}.")

    assert engine.play(script.turn(view()))[1] == Say("High.")
    engine.hits = (HIT,)
    assert engine.play(script.turn(view()))[1].text == "High【4:0†a.txt】【4:0†a.txt】."
