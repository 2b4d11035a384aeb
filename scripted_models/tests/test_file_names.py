import unicodedata

import pytest

from emulator.domain.actions import CodeResult, Fail, ReportDrift, RunCode, Say, SearchFiles, from_json, to_json
from emulator.domain.view import AttachedFile
from scripted_models import Script, Together, load_scenario
from scripted_models.file_names import FileNames, stand_in

CITED = """
turns:
- name: only
  steps:
  - say: It says so【4:0†menu.txt】.
    annotations:
    - type: file_citation
      text: "【4:0†menu.txt】"
      start_index: 10
      end_index: 24
      file_citation: {file_id: "{{ file_id('menu.txt') }}"}
"""


def missing(name):
    return ReportDrift("files", recorded=name, path=f"$.files[{name}]")


def cited(action):
    return action.annotations[0]["file_citation"]["file_id"]


@pytest.fixture
def play(scenario, engine, view):
    def play(text, files=(), **options):
        return engine.play(scenario(text, **options).backend.turn(view(files=tuple(files))))

    return play


def test_a_name_stands_for_the_file_of_that_name_within_the_run_s_reach(play):
    (said,) = play(CITED, [AttachedFile("file-1", "other.txt"), AttachedFile("file-2", "menu.txt")])
    assert cited(said) == "file-2"
    assert said.annotations[0]["start_index"] == 10


@pytest.mark.parametrize(
    "files,newest",
    [
        ([AttachedFile("file-1", "menu.txt", (), 7), AttachedFile("file-2", "menu.txt", (), 5)], "file-1"),
        ([AttachedFile("file-1", "menu.txt", (), 5), AttachedFile("file-2", "menu.txt", (), 7)], "file-2"),
        ([AttachedFile("file-1", "menu.txt", (), 5), AttachedFile("file-2", "menu.txt", (), 5)], "file-2"),
    ],
)
def test_of_several_files_of_one_name_the_newest_counts(play, files, newest):
    assert cited(play(CITED, files)[0]) == newest


def test_names_are_compared_in_their_composed_form(play):
    text = CITED.replace("file_id('menu.txt')", "file_id('menü.txt')")
    decomposed = unicodedata.normalize("NFD", "menü.txt")
    assert cited(play(text, [AttachedFile("file-1", decomposed)])[0]) == "file-1"
    fixture = (
        f"fixtures: {{files: {{menu: {{id: file-fixture, text: Soup., filename: '{decomposed}'}}}}}}\n{text.strip()}"
    )
    assert cited(play(fixture)[0]) == "file-fixture"


@pytest.mark.parametrize(
    "fixture",
    [
        "menu: {id: file-fixture, text: Soup.}",
        "card: {id: file-fixture, text: Soup., filename: menu.txt}",
        "card: {id: file-fixture, path: texts/menu.txt}",
        "old: {id: file-old, text: Stew., filename: menu.txt}, menu: {id: file-fixture, text: Soup.}",
    ],
)
def test_a_file_of_the_fixtures_is_taken_where_the_run_has_none_of_that_name(play, fixture):
    assets = {"texts/menu.txt": "data:text/plain,Soup."}
    text = f"fixtures: {{files: {{{fixture}}}}}\n{CITED.strip()}"
    assert cited(play(text, assets=assets)[0]) == "file-fixture"
    assert cited(play(text, [AttachedFile("file-run", "menu.txt")], assets=assets)[0]) == "file-run"


def test_a_name_that_no_file_has_gets_a_stable_stand_in_and_is_reported_once(play):
    twice = CITED + "  - say: \"{{ file_id('menu.txt') }} and {{ file_id('card.txt') }}\"\n"
    first, said, second, again = play(twice)
    assert first == missing("menu.txt")
    assert cited(said) == stand_in("menu.txt")
    assert second == missing("card.txt")
    assert again == Say(f"{stand_in('menu.txt')} and {stand_in('card.txt')}")
    assert stand_in("menu.txt").startswith("file-")
    assert len(stand_in("menu.txt")) == len("file-") + 24
    assert stand_in("menu.txt") == stand_in("menu.txt") != stand_in("card.txt")


def test_results_of_searches_and_pictures_name_files_too(play):
    text = """
    turns:
    - name: only
      steps:
      - search: soup
        results: [{file_id: "{{ file_id('menu.txt') }}", file_name: menu.txt, score: 0.5}]
      - say: Look.
        images: ["{{ file_id('plot.png') }}"]
    """
    files = [AttachedFile("file-1", "menu.txt"), AttachedFile("file-2", "plot.png")]
    found, said = play(text, files)
    assert found == SearchFiles("soup", ({"file_id": "file-1", "file_name": "menu.txt", "score": 0.5},))
    assert said.images == ("file-2",)


def test_what_the_run_s_code_has_written_can_be_named(scenario, view):
    loaded = scenario("turns:\n- steps:\n  - code: save()\n  - say: \"{{ file_id('a.csv') }}\"\n")
    actions = loaded.backend.turn(view()).actions
    assert isinstance(actions.send(None), RunCode)
    written = CodeResult("", (), ({"name": "a.csv", "file_id": "file-7"},))
    assert actions.send(written) == Say("file-7")


def test_a_missing_file_is_reported_before_the_run_fails_too(play):
    reported, failed = play("turns:\n- steps:\n  - {fail: server_error, message: \"no {{ file_id('a') }}\"}\n")
    assert reported == missing("a")
    assert failed == Fail("server_error", f"no {stand_in('a')}")


def test_only_a_text_names_a_file(play):
    (failed,) = play('turns:\n- steps:\n  - say: "{{ file_id(7) }}"\n')
    assert "file_id takes the name of a file, not a int" in failed.message


def test_a_turn_in_python_names_files_and_keeps_those_of_a_scenario_apart(tmp_path, engine, view):
    (tmp_path / "a.yaml").write_text(
        "emulator: 1\nfixtures: {files: {menu: {id: file-a, text: x}}}\n"
        "turns:\n- {name: one, steps: [{say: \"{{ file_id('menu.txt') }}\"}]}\n"
    )
    a = load_scenario(tmp_path / "a.yaml")
    script = Script("s")

    @script.turn()
    def turn(t):
        yield a["one"]
        yield Say(t.file_id("menu.txt"))

    played = engine.play(Together(script).turn(view()))
    assert played == [Say("file-a"), missing("menu.txt"), Say(stand_in("menu.txt"))]


def test_drift_is_logged_like_every_action():
    drift = missing("menu.txt")
    assert from_json(to_json(drift)) == drift


def test_nothing_is_reported_where_nothing_is_missing():
    names = FileNames([AttachedFile("file-1", "a")])
    assert names.file_id("a") == "file-1"
    assert names.drift() == []


def test_lint_knows_the_function(linted):
    assert linted(CITED) == []
    assert "did you mean file_id?" in linted(CITED.replace("file_id('menu", "fil_id('menu"))[0]


@pytest.mark.parametrize("step", ["code: x", "search: x"])
def test_no_step_takes_its_name(problems, step):
    assert "already means something else" in problems(f"turns:\n- steps:\n  - {{{step}, as: file_id}}\n")[0]


def test_files_of_exports_are_found_by_their_names(play):
    objects = '[{"object": "file", "id": "file-exported", "filename": "menu.txt"}, {"object": "thread", "id": "x"}]'
    assets = {"a.objects.json": f"data:application/json,{objects}"}
    text = f"fixtures: {{exports: [a.objects.json]}}\n{CITED.strip()}"
    assert cited(play(text, assets=assets)[0]) == "file-exported"
