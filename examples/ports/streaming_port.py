"""The port of streaming.py: code, its output and the answer as they arrive."""

from openai import OpenAI

with OpenAI().responses.stream(
    model="gpt-4o",
    tools=[{"type": "code_interpreter", "container": {"type": "auto"}}],
    include=["code_interpreter_call.outputs"],
    input="When is high water today?",
) as stream:
    for event in stream:
        if event.type == "response.code_interpreter_call_code.delta":
            print(event.delta, end="", flush=True)
        elif event.type == "response.output_item.done" and event.item.type == "code_interpreter_call":
            logs = [output.logs for output in event.item.outputs or [] if output.type == "logs"]
            print(f"\n→ {''.join(logs)}")
        elif event.type == "response.output_text.delta":
            print(event.delta, end="", flush=True)
    print(f"\n\nThe response is {stream.get_final_response().status}.")
