import httpx
import openai
import pytest
from hypothesis import HealthCheck, given, settings
from openai import AssistantEventHandler
from openai.lib.streaming._assistants import accumulate_event, accumulate_run_step

from contract_tests.properties.namespaces import outputs_for, with_numbered_ids
from contract_tests.properties.scripts import scenarios
from emulator.domain.lifecycle import RUN_TERMINAL

pytestmark = pytest.mark.filterwarnings("ignore:.*Assistants API is deprecated:DeprecationWarning")
TOKENS = ("prompt_tokens", "completion_tokens", "total_tokens")


class AccumulatingHandler(AssistantEventHandler):
    """Accumulates deltas with the client's own accumulator, and keeps the data of the last events."""

    def __init__(self):
        super().__init__()
        self.names = []
        self.messages = {}  # by id, accumulated from their deltas alone
        self.steps = {}
        self.last_steps = {}
        self.message = None

    def on_event(self, event):
        self.names.append(event.event)
        kind = event.event.removeprefix("thread.")
        if kind.startswith("message."):
            self.message, _ = accumulate_event(event=event.model_copy(deep=True), current_message_snapshot=self.message)
            self.messages[self.message.id] = self.message
        elif kind.startswith("run.step."):
            accumulate_run_step(event=event.model_copy(deep=True), run_step_snapshots=self.steps)
            if kind != "run.step.delta":
                self.last_steps[event.data.id] = event.data


def content(parts):
    """Return the comparable part of a message's content: no quotes, no indices."""
    comparable = []
    for part in parts:
        if part["type"] == "text":
            annotations = [
                {k: v for k, v in annotation.items() if k not in ("index", "quote")}
                | {"file_citation": _cited(annotation)}
                for annotation in part["text"].get("annotations") or []
            ]
            comparable.append(("text", part["text"]["value"], annotations))
        elif part["type"] == "refusal":
            comparable.append(("refusal", part["refusal"]))
        else:
            comparable.append(("image", part["image_file"]["file_id"]))
    return comparable


def _cited(annotation):
    return {k: v for k, v in annotation["file_citation"].items() if k != "quote"}


def inputs(calls):
    """Return the comparable part of tool calls: what the model wrote."""
    comparable = []
    for call in calls:
        details = call[call["type"]]
        comparable.append(
            (call["id"], call["type"], details.get("name"), details.get("arguments"), details.get("input"))
        )
    return comparable


def token_counts(usage):
    return {name: usage[name] for name in TOKENS}


def play_streamed(namespace, scenario):
    """Play a scenario with the official client's helpers; return the thread, the final run and the handlers."""
    plain = httpx.Client(trust_env=False, verify=False)
    client = openai.OpenAI(api_key="sk-any", base_url=namespace.base_url, max_retries=0, http_client=plain)
    namespace.load(scenario)
    assistant, thread = namespace.create_assistant(), namespace.create_thread()
    handlers = [AccumulatingHandler()]
    runs = client.beta.threads.runs
    with client:
        with runs.stream(thread_id=thread, assistant_id=assistant, event_handler=handlers[0]) as stream:
            stream.until_done()
            run = stream.current_run
        while run.status == "requires_action":
            # A step continues in the next stream, where the client starts to accumulate from scratch.
            handlers.append(AccumulatingHandler())
            with runs.submit_tool_outputs_stream(
                thread_id=thread,
                run_id=run.id,
                tool_outputs=outputs_for(run.to_dict()),
                event_handler=handlers[-1],
            ) as stream:
                stream.until_done()
                run = stream.current_run
    return thread, run.to_dict(), handlers


def play_polled(namespace, scenario):
    """Play a scenario with polling only; return the thread and the final run."""
    namespace.load(scenario)
    assistant, thread = namespace.create_assistant(), namespace.create_thread()
    run = namespace.post(f"threads/{thread}/runs", {"assistant_id": assistant})
    while run["status"] not in RUN_TERMINAL:
        run = namespace.get(f"threads/{thread}/runs/{run['id']}")
        if run["status"] == "requires_action":
            submit = f"threads/{thread}/runs/{run['id']}/submit_tool_outputs"
            run = namespace.post(submit, {"tool_outputs": outputs_for(run)})
    return thread, run


def stored_objects(namespace, thread, run_id):
    """Return everything that a client can read of a run afterwards."""
    return {
        "run": namespace.get(f"threads/{thread}/runs/{run_id}"),
        "messages": namespace.all(f"threads/{thread}/messages"),
        "steps": namespace.all(f"threads/{thread}/runs/{run_id}/steps"),
    }


@settings(max_examples=45, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios())
def test_accumulated_deltas_equal_the_retrieved_objects(namespaces, scenario):
    namespace = namespaces()
    thread, run, handlers = play_streamed(namespace, scenario)
    stored = stored_objects(namespace, thread, run["id"])

    assert run["status"] == stored["run"]["status"]
    assert run["status"] in RUN_TERMINAL
    assert token_counts(run["usage"]) == token_counts(stored["run"]["usage"])
    assert run.get("last_error") == stored["run"]["last_error"]

    answers = [message for message in stored["messages"] if message["role"] == "assistant"]
    accumulated = {name: message.to_dict() for handler in handlers for name, message in handler.messages.items()}
    final = {m.id: m.to_dict() for handler in handlers if handler.messages for m in handler.get_final_messages()}
    assert list(accumulated) == list(final) == [message["id"] for message in answers]
    for message in answers:
        assert content(accumulated[message["id"]]["content"]) == content(message["content"])
        assert content(final[message["id"]]["content"]) == content(message["content"])
        assert final[message["id"]]["role"] == message["role"]

    last_steps = {name: step.to_dict() for handler in handlers for name, step in handler.last_steps.items()}
    assert list(last_steps) == [step["id"] for step in stored["steps"]]
    accumulated_steps = {name: step.to_dict() for handler in handlers for name, step in handler.steps.items()}
    for step in stored["steps"]:
        last = last_steps[step["id"]]
        assert (last["status"], last["step_details"]) == (step["status"], step["step_details"])
        assert last.get("usage") == step["usage"]
        if step["type"] == "tool_calls":
            assert inputs(accumulated_steps[step["id"]]["step_details"]["tool_calls"]) == inputs(
                step["step_details"]["tool_calls"]
            )
            for call, stored_call in zip(
                accumulated_steps[step["id"]]["step_details"]["tool_calls"],
                step["step_details"]["tool_calls"],
                strict=True,
            ):
                if call["type"] == "code_interpreter":
                    outputs = [
                        {k: v for k, v in o.items() if k != "index"} for o in call["code_interpreter"]["outputs"]
                    ]
                    assert outputs == stored_call["code_interpreter"]["outputs"]

    # Conversely, a polled run ends the same: streaming changes the response, never the run.
    other = namespaces()
    thread, run = play_polled(other, scenario)
    assert with_numbered_ids(stored_objects(other, thread, run["id"])) == with_numbered_ids(stored)
    namespace.close()
    other.close()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(paced=True))
def test_delays_change_the_timing_of_a_stream_and_not_its_content(namespaces, scenario):
    namespace = namespaces(clock="auto")
    other = namespaces(clock="auto")
    thread, run, handlers = play_streamed(namespace, scenario)
    texts = {m.id: m.to_dict() for handler in handlers for m in handler.messages.values()}
    stored = [m for m in namespace.all(f"threads/{thread}/messages") if m["role"] == "assistant"]
    assert [content(texts[m["id"]]["content"]) for m in stored] == [content(m["content"]) for m in stored]
    thread, polled_run = play_polled(other, scenario)
    again = [m for m in other.all(f"threads/{thread}/messages") if m["role"] == "assistant"]
    assert polled_run["status"] == run["status"]
    assert with_numbered_ids([content(m["content"]) for m in again]) == with_numbered_ids(
        [content(m["content"]) for m in stored]
    )
    namespace.close()
    other.close()
