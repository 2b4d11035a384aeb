import re
import textwrap
from base64 import b64encode
from pathlib import Path

import pytest

import scripted_models
from scripted_models import ScriptSource, lint, load

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "scripting.md").read_text(encoding="utf-8")
FOUNDRY = (DOCS / "foundry.md").read_text(encoding="utf-8")
THREAD = b'[{"id": "thread_old", "object": "thread", "created_at": 1714640400, "metadata": {}, "tool_resources": {}}]'
TURNS = next(iter(re.findall(r"```json\n(\{\"chain.*?)```", TEXT, re.DOTALL)))
ASSETS = {
    "assets/menu.pdf": "data:application/pdf;base64,AAAA",
    "plots/mean.png": "data:image/png;base64,AAAA",
    "florist.turns.jsonl": f"data:application/x-ndjson;base64,{b64encode(TURNS.encode()).decode()}",
    "florist.objects.json": f"data:application/json;base64,{b64encode(THREAD).decode()}",
}

PARAMS = {"tier": "paid", "order": "A-17"}


def blocks(language, text=TEXT):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def whole(block):
    """Return an example as a scenario: a list is the steps of a turn."""
    if block.startswith("emulator:"):
        return block
    return "emulator: 1\nturns:\n- steps:\n" + textwrap.indent(block, "  ")


@pytest.mark.parametrize("block", [*blocks("yaml"), *blocks("yaml", FOUNDRY)])
def test_every_example_of_a_scenario_loads_without_findings(block):
    sources = [ScriptSource("docs.yaml", whole(block), ASSETS, PARAMS)]
    assert load(sources).turns
    assert [str(one) for one in lint(sources, tools=["weather_map"])] == []


@pytest.mark.parametrize("block", blocks("yaml"))
def test_every_example_of_a_scenario_fits_the_schema(block):
    import jsonschema

    from scripted_models.reader import read

    jsonschema.Draft202012Validator(scripted_models.schema()).validate(read("docs.yaml", whole(block)).data)


def test_the_example_of_todays_outputs_says_what_the_page_says(view, engine):
    (block,) = [one for one in blocks("yaml") if "drift: template" in one]
    engine.outputs = {"stock_level": '{"left": 12, "price": 1.4}'}
    said = engine.play(load([ScriptSource("docs.yaml", block)]).backend.turn(view()))[-1].text
    assert f"the message reads `{said}`" in TEXT


def test_every_example_in_python_runs(tmp_path, monkeypatch, view, engine):
    orders = "emulator: 1\nturns: [{name: refund, when: {message: refund}, steps: [{say: Refunded.}]}]"
    (tmp_path / "orders.yaml").write_text(orders)
    monkeypatch.chdir(tmp_path)
    first, second = blocks("python")
    library = {}
    exec(first, library)
    engine.outputs = {"a": "120", "b": "90"}
    assert engine.play(library["script"].turn(view("Emma or Ulysses?")))[-1].text == "Emma is longer."
    assert engine.play(library["script"].turn(view("Hm.")))[-1].text == "Ask me which of two books is longer."
    mixed = {}
    exec(second, mixed)
    assert [action.text for action in engine.play(mixed["backend"].turn(view("refund, please")))] == [
        "Let me see.",
        "Refunded.",
    ]
    assert mixed["backend"].turn(view("refund")).key == "orders/refund"


def test_every_backend_and_loader_is_named():
    lost = {name for name in scripted_models.__all__ if name not in TEXT}
    assert lost <= {"Action", "Backend", "Context", "LoadedScripts", "ModelView", "Problem", "Scenario", "ScriptError",
                    "ScriptSource", "Stream", "Turn", "Usage"}  # fmt: skip
