import httpx
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from openai import AssistantEventHandler
from openai.lib.streaming._assistants import accumulate_event, accumulate_run_step

from contract_tests.properties.namespaces import outputs_for, without_names
from contract_tests.properties.scripts import scenarios
from emulator.domain.lifecycle import RUN_TERMINAL

pytestmark = pytest.mark.filterwarnings("ignore:.*Assistants API is deprecated:DeprecationWarning")
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")


class Listener(AssistantEventHandler):
    """Puts together what the deltas say, with the client's own accumulator, and keeps what the last events say."""

    def __init__(self):
        super().__init__()
        self.names = []
        self.pieced = {}  # message -> made of its deltas alone
        self.pieced_steps = {}
        self.last_steps = {}
        self.message = None

    def on_event(self, event):
        self.names.append(event.event)
        kind = event.event.removeprefix("thread.")
        if kind.startswith("message."):
            self.message, _ = accumulate_event(event=event.model_copy(deep=True), current_message_snapshot=self.message)
            self.pieced[self.message.id] = self.message
        elif kind.startswith("run.step."):
            accumulate_run_step(event=event.model_copy(deep=True), run_step_snapshots=self.pieced_steps)
            if kind != "run.step.delta":
                self.last_steps[event.data.id] = event.data


def content(parts):
    """What decides whether two contents are equal: no quote, no index."""
    shown = []
    for part in parts:
        if part["type"] == "text":
            notes = [
                {k: v for k, v in note.items() if k not in ("index", "quote")} | {"file_citation": _cited(note)}
                for note in part["text"].get("annotations") or []
            ]
            shown.append(("text", part["text"]["value"], notes))
        elif part["type"] == "refusal":
            shown.append(("refusal", part["refusal"]))
        else:
            shown.append(("image", part["image_file"]["file_id"]))
    return shown


def _cited(note):
    return {k: v for k, v in note["file_citation"].items() if k != "quote"}


def inputs(calls):
    """What the model put into its calls."""
    shown = []
    for call in calls:
        about = call[call["type"]]
        shown.append((call["id"], call["type"], about.get("name"), about.get("arguments"), about.get("input")))
    return shown


def counted(usage):
    return {name: usage[name] for name in TOKENS}


def streamed(namespace, scenario):
    """Play a scenario with the official client's helpers; return what its handlers were told, and the final run."""
    plain = httpx.Client(trust_env=False, verify=False)
    client = openai.OpenAI(api_key="sk-any", base_url=namespace.api_url, max_retries=0, http_client=plain)
    namespace.load(scenario)
    assistant, thread = namespace.assistant(), namespace.thread()
    listeners = [Listener()]
    runs = client.beta.threads.runs
    with client:
        with runs.stream(thread_id=thread, assistant_id=assistant, event_handler=listeners[0]) as stream:
            stream.until_done()
            run = stream.current_run
        while run.status == "requires_action":
            # A step goes on in the next stream; the client begins to count anew there.
            listeners.append(Listener())
            with runs.submit_tool_outputs_stream(
                thread_id=thread,
                run_id=run.id,
                tool_outputs=outputs_for(run.to_dict()),
                event_handler=listeners[-1],
            ) as stream:
                stream.until_done()
                run = stream.current_run
    return thread, run.to_dict(), listeners


def polled(namespace, scenario):
    """Play a scenario without any stream; return the thread and the final run."""
    namespace.load(scenario)
    assistant, thread = namespace.assistant(), namespace.thread()
    run = namespace.post(f"threads/{thread}/runs", {"assistant_id": assistant})
    while run["status"] not in RUN_TERMINAL:
        run = namespace.get(f"threads/{thread}/runs/{run['id']}")
        if run["status"] == "requires_action":
            submit = f"threads/{thread}/runs/{run['id']}/submit_tool_outputs"
            run = namespace.post(submit, {"tool_outputs": outputs_for(run)})
    return thread, run


def kept(namespace, thread, run_id):
    """Everything that a client can read of a run afterwards."""
    return {
        "run": namespace.get(f"threads/{thread}/runs/{run_id}"),
        "messages": namespace.all(f"threads/{thread}/messages"),
        "steps": namespace.all(f"threads/{thread}/runs/{run_id}/steps"),
    }


@settings(max_examples=45, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios())
def test_what_a_client_puts_together_is_what_it_then_retrieves(namespaces, scenario):
    one = namespaces()
    thread, run, listeners = streamed(one, scenario)
    stored = kept(one, thread, run["id"])

    assert run["status"] == stored["run"]["status"]
    assert run["status"] in RUN_TERMINAL
    assert counted(run["usage"]) == counted(stored["run"]["usage"])
    assert run.get("last_error") == stored["run"]["last_error"]

    answers = [message for message in stored["messages"] if message["role"] == "assistant"]
    pieced = {name: made.to_dict() for listener in listeners for name, made in listener.pieced.items()}
    final = {m.id: m.to_dict() for listener in listeners if listener.pieced for m in listener.get_final_messages()}
    assert list(pieced) == list(final) == [message["id"] for message in answers]
    for message in answers:
        assert content(pieced[message["id"]]["content"]) == content(message["content"])
        assert content(final[message["id"]]["content"]) == content(message["content"])
        assert final[message["id"]]["role"] == message["role"]

    told = {name: step.to_dict() for listener in listeners for name, step in listener.last_steps.items()}
    assert list(told) == [step["id"] for step in stored["steps"]]
    made = {name: step.to_dict() for listener in listeners for name, step in listener.pieced_steps.items()}
    for step in stored["steps"]:
        last = told[step["id"]]
        assert (last["status"], last["step_details"]) == (step["status"], step["step_details"])
        assert last.get("usage") == step["usage"]
        if step["type"] == "tool_calls":
            assert inputs(made[step["id"]]["step_details"]["tool_calls"]) == inputs(step["step_details"]["tool_calls"])
            for call, shown in zip(
                made[step["id"]]["step_details"]["tool_calls"], step["step_details"]["tool_calls"], strict=True
            ):
                if call["type"] == "code_interpreter":
                    outputs = [
                        {k: v for k, v in o.items() if k != "index"} for o in call["code_interpreter"]["outputs"]
                    ]
                    assert outputs == shown["code_interpreter"]["outputs"]

    # The other way round: streaming changed the answer, never the run.
    other = namespaces()
    thread, run = polled(other, scenario)
    assert without_names(kept(other, thread, run["id"])) == without_names(stored)
    one.close()
    other.close()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(paced=True))
def test_delays_change_when_a_stream_tells_and_not_what(namespaces, scenario):
    one = namespaces(clock="auto")
    other = namespaces(clock="auto")
    thread, run, listeners = streamed(one, scenario)
    texts = {m.id: m.to_dict() for listener in listeners for m in listener.pieced.values()}
    stored = [m for m in one.all(f"threads/{thread}/messages") if m["role"] == "assistant"]
    assert [content(texts[m["id"]]["content"]) for m in stored] == [content(m["content"]) for m in stored]
    thread, polled_run = polled(other, scenario)
    again = [m for m in other.all(f"threads/{thread}/messages") if m["role"] == "assistant"]
    assert polled_run["status"] == run["status"]
    assert without_names([content(m["content"]) for m in again]) == without_names(
        [content(m["content"]) for m in stored]
    )
    one.close()
    other.close()
