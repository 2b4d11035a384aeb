"""What the tests of scripts need: a run to answer, a scenario from a few lines, and a small engine."""

import textwrap
from dataclasses import dataclass, field

import pytest

from emulator.domain.actions import (
    ENDS_RUN,
    AllUsed,
    Call,
    Calls,
    CodeResult,
    Goto,
    Hits,
    Outputs,
    Refuse,
    Remember,
    RunCode,
    Said,
    Say,
    SearchFiles,
    Used,
    UseTool,
    UseTools,
)
from emulator.domain.ports import ScriptError, ScriptSource
from emulator.domain.view import ContextMessage, Memory, ModelView
from scripted_models import lint, load


@pytest.fixture
def view():
    def make(message="hello", **fields):
        messages = () if message is None else (ContextMessage("user", message),)
        basic = {
            "run_id": "run_1",
            "thread_id": "thread_1",
            "model": "gpt-4o",
            "instructions": "Be brief.",
            "assistant": {"id": "asst_1", "name": "Boss", "metadata": {"team": "blue"}},
            "messages": messages,
        }
        return ModelView(**{**basic, **fields})

    return make


@dataclass
class Engine:
    """Plays turns as the real engine does, and remembers as it does."""

    outputs: dict = field(default_factory=dict)
    hits: tuple = ()
    logs: str = ""
    uses: dict = field(default_factory=dict)
    scopes: dict = field(default_factory=dict)

    @property
    def memory(self):
        return Memory(self.uses, self.scopes)

    def play(self, turn):
        self.uses[turn.key] = self.uses.get(turn.key, 0) + 1
        memory = self.scopes.setdefault(turn.scope, {"state": None, "vars": {}})
        played, result = [], None
        while True:
            try:
                action = turn.actions.send(result)
            except StopIteration:
                return played
            played.append(action)
            if isinstance(action, Remember):
                memory["vars"] = {**memory["vars"], **action.vars}
            if isinstance(action, Goto):
                memory["state"] = action.state
            if isinstance(action, ENDS_RUN):
                return played
            result = self.answer(action)

    def answer(self, action):
        match action:
            case Say() | Refuse():
                return Said("msg_1", action.text)
            case Call() | Calls():
                calls = action.calls if isinstance(action, Calls) else (action,)
                return Outputs({call.key: self.outputs.get(call.key, "ok") for call in calls})
            case RunCode():
                return CodeResult(action.logs or self.logs)
            case SearchFiles():
                return Hits(self.hits if action.results == "auto" else action.results)
            case UseTool():
                return Used(action.output)
            case UseTools():
                return AllUsed(tuple(Used(use.output) for use in action.calls))


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def scenario():
    """Load a scenario from its turns, or from a whole file."""

    def make(text, *, assets=None, name="file.yaml", **options):
        text = textwrap.dedent(text).strip() + "\n"
        if not text.startswith(("emulator:", "{")):
            text = f"emulator: 1\nname: test\n{text}"
        return load([ScriptSource(name, text, assets or {})], **options)

    return make


@pytest.fixture
def steps(scenario, engine, view):
    """Play the steps of a scenario of one turn, and return its actions."""

    def play(text, *, message="hello", header="", **options):
        body = textwrap.indent(textwrap.dedent(text).strip(), "    ")
        loaded = scenario(f"{header}\nturns:\n- name: only\n  steps:\n{body}\n".lstrip(), **options)
        return engine.play(loaded.backend.turn(view(message, memory=engine.memory)))

    return play


@pytest.fixture
def problems(scenario):
    """Return what is wrong with a scenario."""

    def collect(text, **options):
        with pytest.raises(ScriptError) as caught:
            scenario(text, **options)
        return list(caught.value.problems)

    return collect


@pytest.fixture
def linted():
    def collect(text, **options):
        text = "emulator: 1\nname: test\n" + textwrap.dedent(text).strip() + "\n"
        return [str(problem) for problem in lint([ScriptSource("file.yaml", text)], **options)]

    return collect
