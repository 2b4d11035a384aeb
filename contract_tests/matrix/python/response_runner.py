"""Responses: the client's own tool runner, whose loop checks each item of an answer."""

from checks import check_equal, flow
from program import client
from responses import BOATS

try:
    from openai.lib.responses_tool_runner import RegisteredFunction, ResponsesToolRunner
except ImportError:
    RegisteredFunction = ResponsesToolRunner = None

# The runner asks for encrypted reasoning each time, which only models that think have.
MODEL = "gpt-5.4"
QUESTION = "Count the boats at both piers."
ANSWER = "North has 9 boats, south has 6."


@flow("responses: tool runner", needed=ResponsesToolRunner is not None)
def runner():
    counted = []

    def count(arguments):
        counted.append(arguments["pier"])
        return {"north": "9", "south": "6"}[arguments["pier"]]

    tools = ResponsesToolRunner(functions=[RegisteredFunction(tool=BOATS, execute=count)])
    params = {"model": MODEL, "input": QUESTION}
    check_equal("it ends with the text", tools.run(client, params).output_text, ANSWER)
    check_equal("it called both", counted, ["north", "south"])
    events = []
    streamed = tools.run(client, params, stream=True, on_event=lambda event: events.append(event.type))
    check_equal("as a stream", (streamed.output_text, events.count("response.completed")), (ANSWER, 2))
    eager = tools.run(client, params, stream=True, eager=True)
    check_equal("calling while it is read", eager.output_text, ANSWER)
    steps = [(turn.step, turn.final) for turn in tools.iterate(client, {**params, "input": "Count twice."})]
    check_equal("turn by turn", steps, [(1, False), (2, False), (3, True)])
