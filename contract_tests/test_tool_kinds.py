"""A kind of tool is one file: these tests add one to a server of their own, and nothing else of it is touched."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import jsonschema
import pytest

import emulator
import scripted_models
from contract_tests.harness import parse_events

MODULE = '''
"""Maps of the weather: what is asked of one, and what it shows."""

from typing import Any, Literal

from pydantic import Field

from emulator.domain.actions import UseTool
from emulator.domain.calls import ToolCall
from emulator.tools.body import Body
from emulator.tools.json_schema import ANYTHING, TEXT, WHOLE, Schema, just, or_null, shape
from emulator.tools.kind import Doc, Kind


class MapOptions(Body):
    """How a map is drawn."""

    zoom: int | None = Field(default=None, ge=1, le=9)


class WeatherMapTool(Body):
    """The tool as it is offered."""

    type: Literal["weather_map"]
    weather_map: MapOptions | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return the tool as the API shows it: with the zoom that it has by default."""
        return {"type": "weather_map", "weather_map": {"zoom": (self.weather_map and self.weather_map.zoom) or 3}}


class WeatherMap(Kind[UseTool]):
    """Maps: text: the question; result: output."""

    type = "weather_map"
    definition = WeatherMapTool

    def definition_schema(self) -> Schema:
        """Return the schema of the tool as the API shows it."""
        return shape(type=just(self.type), weather_map=shape(zoom=WHOLE))

    def call_schema(self) -> Schema:
        """Return the schema of a call as its step shows it."""
        return shape(id=TEXT, type=just(self.type), weather_map=shape(question=TEXT, shows=or_null(ANYTHING)))

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it."""
        details = {"question": call.text, "shows": (call.result or {}).get("output")}
        return {"id": call.id, "type": self.type, "weather_map": details}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call."""
        return {"index": index, "id": call.id, "type": self.type, "weather_map": {"question": "", "shows": None}}

    def piece(self, index: int, text: str) -> Doc:
        """Return a delta with the next piece of the question."""
        return {"index": index, "type": self.type, "weather_map": {"question": text}}

    def results(self, index: int, call: ToolCall) -> Doc:
        """Return the delta with what the map shows."""
        return {"index": index, "type": self.type, "weather_map": {"shows": (call.result or {}).get("output")}}


KIND = WeatherMap()
'''
SCENARIO = """
emulator: 1
turns:
- steps:
  - tool: weather_map
    input: "Rain over {{ message }} this week?"
    output: {layers: [clouds, rain]}
  - say: "It shows {{ outputs.weather_map.layers | join(' and ') }}."
"""
QUESTION = "Rain over Oslo this week?"
SHOWN = {"layers": ["clouds", "rain"]}
# Python's own way to a package of several folders: what is in the added one is found like the rest.
LAUNCHER = """
import sys
import emulator.tools
emulator.tools.__path__.append(sys.argv.pop(1))
from emulator.cli import main
sys.exit(main())
"""
HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
OFFER = {"type": "weather_map", "weather_map": {"zoom": 5}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder with what is added."""
    path = tmp_path_factory.mktemp("added")
    (path / "weather_map.py").write_text(MODULE)
    return path


@pytest.fixture(scope="module")
def api(folder, tmp_path_factory):
    """A client of a server that looks for kinds of tools in the folder too."""
    script = tmp_path_factory.mktemp("scripts") / "weather.yaml"
    script.write_text(SCENARIO)
    command = [sys.executable, "-c", LAUNCHER, str(folder)]
    command += ["serve", "--port", "0", "--clock", "auto", "--script", str(script)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        greeting = server.stdout.readline()
        assert " at http://127.0.0.1:" in greeting, greeting + server.stderr.read()
        url = greeting.split(" at ")[1].strip()
        with httpx.Client(base_url=url, headers=HEADERS, trust_env=False, verify=False, timeout=30) as client:
            yield client
    finally:
        server.kill()
        server.communicate()


@pytest.fixture(scope="module")
def document(api):
    return api.get("/openapi.json").json()


def post(api, path, body):
    response = api.post(f"/v1{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def refusal_of(api, path, body):
    response = api.post(f"/v1{path}", json=body)
    assert response.status_code == 400, response.text
    return response.json()["error"]["message"]


def new_assistant(api, *tools):
    return post(api, "/assistants", {"model": "gpt-4o", "tools": tools})


def body_of_run(assistant, **more):
    return {"assistant_id": assistant["id"], "thread": {"messages": [{"role": "user", "content": "Oslo"}]}, **more}


def finished_run(api, assistant, **more):
    run = post(api, "/threads/runs", body_of_run(assistant, **more))
    return api.get(f"/v1/threads/{run['thread_id']}/runs/{run['id']}").json()


def steps_of(api, run):
    path = f"/v1/threads/{run['thread_id']}/runs/{run['id']}/steps"
    return api.get(path, params={"order": "asc"}).json()["data"]


def reports(api):
    return api.get("/_emulator/ns/default/report").json()["script"]


def test_one_file_was_added_and_no_other_knows_of_it(folder):
    assert len(list(folder.rglob("*.py"))) == 1
    sources = [
        path
        for package in (emulator, scripted_models)
        for path in Path(package.__file__).parent.rglob("*.py")
        if "tests" not in path.parts
    ]
    assert len(sources) > 100
    assert not [path for path in sources if "weather_map" in path.read_text(encoding="utf-8")]


def test_without_the_file_there_is_no_such_tool(raw):
    refused = raw.post("/assistants", json={"model": "gpt-4o", "tools": [OFFER]})
    assert refused.status_code == 400
    supported = "Supported values are: 'code_interpreter', 'function', and 'file_search'."
    assert refused.json()["error"]["message"] == f"Invalid value: 'weather_map'. {supported}"


def test_an_assistant_has_the_tool_as_the_file_shows_it(api):
    assistant = new_assistant(api, {"type": "code_interpreter"}, {"type": "weather_map"}, OFFER)
    shown = [{"type": "code_interpreter"}, {"type": "weather_map", "weather_map": {"zoom": 3}}, OFFER]
    assert assistant["tools"] == shown
    assert api.get(f"/v1/assistants/{assistant['id']}").json()["tools"] == shown


@pytest.mark.parametrize(
    "tool,message",
    [
        (
            {"type": "weather_map", "weather_map": {"zoom": 12}},
            "Invalid 'tools[0].weather_map.zoom': integer above maximum value. Expected a value <= 9, but got 12 instead.",
        ),
        (
            {"type": "weather_map", "weather_map": {"zoom": "near"}},
            "Invalid type for 'tools[0].weather_map.zoom': expected an integer, but got a string instead.",
        ),
        ({"type": "weather_map", "colour": "red"}, "Unknown parameter: 'tools[0].colour'."),
        (
            {"type": "radar"},
            "Invalid value: 'radar'. Supported values are: 'code_interpreter', 'function', 'file_search', and 'weather_map'.",
        ),
    ],
)
def test_a_wrong_tool_is_refused_in_the_words_of_the_api(api, tool, message):
    assert refusal_of(api, "/assistants", {"model": "gpt-4o", "tools": [tool]}) == message


def test_a_script_uses_it_and_the_step_shows_the_call(api):
    run = finished_run(api, new_assistant(api, OFFER))
    assert run["status"] == "completed"
    assert run["tools"] == [OFFER]
    used, said = steps_of(api, run)
    (call,) = used["step_details"]["tool_calls"]
    assert call["id"].startswith("call_")
    details = {"question": QUESTION, "shows": SHOWN}
    assert call == {"id": call["id"], "type": "weather_map", "weather_map": details}
    assert used["usage"]["completion_tokens"] > 0
    message_id = said["step_details"]["message_creation"]["message_id"]
    message = api.get(f"/v1/threads/{run['thread_id']}/messages/{message_id}").json()
    assert message["content"][0]["text"]["value"] == "It shows clouds and rain."


def test_a_stream_shows_its_opening_its_pieces_and_its_result(api):
    response = api.post("/v1/threads/runs", json=body_of_run(new_assistant(api, OFFER), stream=True))
    assert response.status_code == 200, response.text
    events = parse_events(response.text)
    deltas = [data for name, data in events if name == "thread.run.step.delta"]
    first, *rest = [delta["delta"]["step_details"]["tool_calls"] for delta in deltas]
    assert all(delta["delta"]["step_details"]["type"] == "tool_calls" for delta in deltas)
    done = next(data for name, data in events if name == "thread.run.step.completed")
    (call,) = done["step_details"]["tool_calls"]
    opened = {"question": "", "shows": None}
    assert first == [{"index": 0, "id": call["id"], "type": "weather_map", "weather_map": opened}]
    *pieces, shown = rest
    assert [piece for (piece,) in pieces] == [
        {"index": 0, "type": "weather_map", "weather_map": {"question": word}}
        for word in ("Rain", " over", " Oslo", " this", " week?")
    ]
    assert shown == [{"index": 0, "type": "weather_map", "weather_map": {"shows": SHOWN}}]
    assert call["weather_map"] == {"question": QUESTION, "shows": SHOWN}
    assert events[-2][0] == "thread.run.completed"


def test_it_may_be_chosen(api):
    assistant = new_assistant(api, OFFER)
    chosen = {"type": "weather_map"}
    assert finished_run(api, assistant, tool_choice=chosen)["tool_choice"] == chosen
    assert refusal_of(api, "/threads/runs", body_of_run(assistant, tool_choice={"type": "radar"})) == (
        "Invalid value: 'radar'. Supported values are: 'function', 'code_interpreter', 'file_search', and"
        " 'weather_map'."
    )


def test_a_run_that_does_not_offer_it_plays_it_and_is_reported(api):
    before = len(reports(api))
    run = finished_run(api, new_assistant(api, {"type": "code_interpreter"}))
    assert run["status"] == "completed"
    assert steps_of(api, run)[0]["step_details"]["tool_calls"][0]["type"] == "weather_map"
    (line,) = reports(api)[before:]
    assert line["message"] == "uses weather_map, which the run does not offer"
    assert line["offered"] == ["code_interpreter"]


def test_the_document_takes_it_and_shows_it(api, document):
    schemas = document["components"]["schemas"]
    assert schemas["MapOptions"]["properties"]["zoom"]["anyOf"][0]["maximum"] == 9
    for body in ("CreateAssistant", "ModifyAssistant", "CreateRun", "CreateThreadAndRun"):
        assert '"#/components/schemas/WeatherMapTool"' in json.dumps(schemas[body]["properties"]["tools"])
    assert schemas["ChosenTool"]["properties"]["type"]["enum"][-1] == "weather_map"
    run = finished_run(api, new_assistant(api, OFFER))
    jsonschema.validate(run, schemas["thread.run"])
    jsonschema.validate(steps_of(api, run)[0], schemas["thread.run.step"])
    wrong = json.loads(json.dumps(steps_of(api, run)[0]).replace("question", "query"))
    assert not jsonschema.Draft202012Validator(schemas["thread.run.step"]).is_valid(wrong)


def test_lint_knows_the_tool(api):
    found = api.post("/_emulator/lint", content=SCENARIO.encode()).json()["problems"]
    assert found == []
    misspelt, _ = api.post(
        "/_emulator/lint", content=SCENARIO.replace("weather_map\n", "wether_map\n", 1).encode()
    ).json()["problems"]
    assert (misspelt["severity"], misspelt["line"]) == ("warning", 5)
    assert misspelt["message"] == 'no tool of the name "wether_map" is known, did you mean weather_map?'
