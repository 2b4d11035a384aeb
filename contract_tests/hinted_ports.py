"""Small ports to Responses of which the report has a hint, and ports that do it well; as in `hinted_programs`."""

from contextlib import suppress

import openai

from contract_tests.harness import MODEL, TIDES, WEATHER

ASKED = "How is the harbour today?"
TOOLS = [{"type": "function", **tool["function"], "strict": False} for tool in (WEATHER, TIDES)]
WHOLE = {"model": MODEL, "instructions": "Speak of the sea.", "tools": TOOLS}


def create(setting, **more):
    return setting.client.responses.create(**{"input": ASKED, **WHOLE, **more})


def outputs_of(response):
    calls = [item for item in response.output if item.type == "function_call"]
    return [{"type": "function_call_output", "call_id": call.call_id, "output": "fair"} for call in calls]


def try_to(do, *args, **more):
    with suppress(openai.APIStatusError):
        do(*args, **more)


# --- what has the form of Assistants --------------------------------------------------------------------------------


def names_its_assistant(setting):
    try_to(create, setting, extra_body={"assistant_id": setting.assistant.id})


def offers_a_nested_function(setting):
    try_to(create, setting, tools=[WEATHER])


def offers_a_search_without_its_stores(setting):
    try_to(create, setting, tools=[{"type": "file_search"}])


def sends_parts_of_a_message_of_a_thread(setting):
    try_to(create, setting, input=[{"role": "user", "content": [{"type": "text", "text": ASKED}]}])


def goes_on_in_a_thread(setting):
    try_to(create, setting, conversation=setting.thread.id)


def lists_the_messages_of_a_conversation(setting):
    conversation = setting.client.conversations.create()
    try_to(setting.client.get, f"/conversations/{conversation.id}/messages", cast_to=object)


def submits_outputs(setting):
    path = f"/responses/{create(setting).id}/submit_tool_outputs"
    try_to(setting.client.post, path, body={"tool_outputs": []}, cast_to=object)


def lists_its_responses(setting):
    try_to(setting.client.get, "/responses", cast_to=object)


def answers_items(setting):
    response = create(setting)
    output = {"type": "function_call_output", "call_id": response.output[0].id, "output": "fair"}
    try_to(create, setting, input=[output], previous_response_id=response.id)


def answers_alone(setting):
    try_to(create, setting, input=outputs_of(create(setting)))


def makes_other_mistakes(setting):
    try_to(create, setting, previous_response_id="resp_unknown")
    try_to(create, setting, max_output_tokens=1)
    try_to(create, setting, extra_body={"colour": "blue"})
    try_to(setting.client.responses.retrieve, "resp_unknown")


def asks_in_a_conversation(setting):
    conversation = setting.client.conversations.create()
    create(setting, conversation=conversation.id)
    create(setting, conversation=conversation.id)


# --- calls ----------------------------------------------------------------------------------------------------------


def asks(setting):
    create(setting)


def streams(setting):
    list(create(setting, stream=True))


def goes_on_over_its_calls(setting):
    try_to(create, setting, previous_response_id=create(setting).id)


def answers_one_of_two_calls(setting):
    response = create(setting)
    try_to(create, setting, input=outputs_of(response)[:1], previous_response_id=response.id)
    create(setting, input=outputs_of(response), previous_response_id=response.id)


def answers_in_a_chain(setting):
    response = create(setting)
    create(setting, input=outputs_of(response), previous_response_id=response.id)


def answers_without_the_server(setting):
    response = create(setting, store=False)
    given = [{"role": "user", "content": ASKED}, *response.output, *outputs_of(response)]
    create(setting, input=given, store=False)


def answers_a_stream(setting):
    *_, last = create(setting, stream=True)
    list(create(setting, input=outputs_of(last.response), previous_response_id=last.response.id, stream=True))


# --- what goes with every request -----------------------------------------------------------------------------------


def sends_its_instructions_once(setting):
    create(setting, previous_response_id=create(setting).id, instructions=None)


def sends_its_tools_once(setting):
    conversation = setting.client.conversations.create()
    create(setting, conversation=conversation.id)
    create(setting, conversation={"id": conversation.id}, tools=[])


def never_has_instructions(setting):
    create(setting, previous_response_id=create(setting, instructions=None).id, instructions=None)


def ends_its_turn_without_tools(setting):
    response = create(setting)
    create(setting, input=outputs_of(response), previous_response_id=response.id, tools=[])
