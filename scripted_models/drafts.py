"""Scripts to begin with: an example, and a turn that would have answered a run."""

from typing import Any, Final

from emulator.domain.json_values import problem_of
from emulator.domain.view import ModelView
from scripted_models.samples import sample
from scripted_models.writing import Comments, write

EXAMPLE: Final = """\
emulator: 1
# The first turn that fits a run answers it; what it does is played from top to bottom.
turns:
- name: greeting
  when: {message: {contains: hello}}
  steps:
  - say: Hello! What can I do for you?

# Without "when" a turn fits every run, so it comes last.
- name: anything else
  steps:
  - say: "You said: {{ message }}"
"""
# A longer message is known by its beginning.
_MOST_EQUAL: Final = 500
_MOST_NAMED: Final = 20


def draft(view: ModelView, *, priority: int = 0) -> str:
    """Return a scenario whose only turn fits a run, for a person to go on with.

    priority: of the turn, where others fit the run too.
    """
    parts = {"when": _when(view), "priority": priority}
    given = {name: value for name, value in parts.items() if value}
    turn = {"name": "new turn", **given, "steps": [{"say": "What the assistant answers."}]}
    return write({"emulator": 1, "turns": [turn]}, _comments(view))


def _when(view: ModelView) -> dict[str, Any]:
    when: dict[str, Any] = {}
    message = (view.message or "").strip()
    if message and _can_stand(message):
        when["message"] = message if len(message) <= _MOST_EQUAL else {"contains": message[:_MOST_EQUAL].strip()}
    name = view.assistant.get("name")
    if isinstance(name, str) and name.strip() and _can_stand(name):
        when["assistant"] = {"name": name}
    if view.api == "responses":
        when["api"] = view.api
    return when


def _can_stand(text: str) -> bool:
    """Return whether a file can hold a text."""
    if problem_of(text):
        return False
    try:
        write(text)
    except ValueError:
        return False
    return True


def _comments(view: ModelView) -> Comments:
    """Return what the run offers, with a call that fits the first function."""
    functions = [tool["function"] for tool in view.tools if tool["type"] == "function"]
    if not functions:
        return {}
    names = ", ".join(one["name"] for one in functions[:_MOST_NAMED])
    more = f" and {len(functions) - _MOST_NAMED} more" if len(functions) > _MOST_NAMED else ""
    call = write([{"call": functions[0]["name"], "args": sample(functions[0].get("parameters"))}])
    text = f"The run offers {names}{more}. A call, whose output is outputs.{functions[0]['name']} below:\n{call}"
    return {("turns", 0, "steps", 0): text.rstrip()} if _can_stand(text) else {}
