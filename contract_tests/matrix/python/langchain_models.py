"""langchain-openai on Responses: messages, functions, values, streams, built-in tools, and ways to go on."""

import asyncio

import openai
from checks import check, check_equal, flow
from harbour import BOTH, COUNTED, KEY, MODEL, PIERS, TALK, TWICE, URL
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel

# The library keeps one asynchronous client, which is bound to its loop.
LOOP = asyncio.new_event_loop()


def model(**more):
    return ChatOpenAI(
        model=MODEL, base_url=URL, api_key=KEY, use_responses_api=True, output_version="responses/v1", **more
    )


@tool
def count_boats(pier: str) -> str:
    """Count the boats at a pier."""
    return str(PIERS[pier])


class Count(BaseModel):
    """How many boats lie at a pier."""

    pier: str
    boats: int


def loop(chat, messages, **more):
    """Call functions until there is a text, as the documentation does by hand; return the messages."""
    answer = chat.invoke(messages, **more)
    messages = [*messages, answer]
    while answer.tool_calls:
        messages += [count_boats.invoke(call) for call in answer.tool_calls]
        answer = chat.invoke(messages)
        messages.append(answer)
    return messages


@flow("langchain: a message")
def invoke():
    answer = model().invoke([SystemMessage("Be exact."), HumanMessage("How deep is it?")])
    check_equal("it answers", answer.text, TALK)
    check("it has the response's id", answer.response_metadata["id"].startswith("resp_"), answer.response_metadata)
    used = answer.usage_metadata
    check_equal("and what was used", (used["input_tokens"], used["output_tokens"], used["total_tokens"]), (21, 9, 30))
    check_equal("asynchronously", LOOP.run_until_complete(model().ainvoke("How deep is it?")).text, TALK)
    older = ChatOpenAI(model=MODEL, base_url=URL, api_key=KEY, use_responses_api=True)
    check_equal("without an output version", older.invoke("How deep is it?").text, TALK)
    check_equal("in a batch", [one.text for one in model().batch(["How deep?"] * 3)], [TALK] * 3)


@flow("langchain: streams")
def streams():
    chunks = list(model().stream("How deep is it?"))
    check_equal("pieces make the text", "".join(chunk.text for chunk in chunks), TALK)
    check("there are many", len(chunks) > 5, len(chunks))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    check_equal("their sum has what was used", whole.usage_metadata["total_tokens"], 30)
    calls = list(model().bind_tools([count_boats]).stream(BOTH))
    whole = calls[0]
    for chunk in calls[1:]:
        whole += chunk
    check_equal("calls too", [call["args"] for call in whole.tool_calls], [{"pier": "north"}, {"pier": "south"}])

    async def pieces():
        return [chunk.text async for chunk in model().astream("How deep is it?")]

    check_equal("asynchronously", "".join(LOOP.run_until_complete(pieces())), TALK)


@flow("langchain: functions")
def functions():
    chat = model().bind_tools([count_boats])
    check_equal("parallel calls", loop(chat, [HumanMessage(BOTH)])[-1].text, COUNTED)
    check_equal("two rounds", loop(chat, [HumanMessage(TWICE)])[-1].text, "9, then 6.")
    strict = model().bind_tools([count_boats], strict=True, parallel_tool_calls=False, tool_choice="count_boats")
    check_equal("with every option", len(strict.invoke(BOTH).tool_calls), 2)
    try:
        chat.invoke([HumanMessage(BOTH), chat.invoke(BOTH), HumanMessage("Hello?")])
    except openai.BadRequestError as error:  # the library raises a class of its own below it
        check_equal("a call without an output is refused", error.param, "input")
    else:
        check("a call without an output is refused", condition=False)


@flow("langchain: values")
def values():
    expected = Count(pier="north", boats=9)
    for method in ("json_schema", "json_mode"):
        chat = model().with_structured_output(Count, method=method)
        check_equal(f"by {method}", chat.invoke("Hand it in as a form, in JSON."), expected)
    chat = model().with_structured_output(Count, method="function_calling")
    check_equal("by function_calling", chat.invoke("Answer by calling."), expected)
    both = model().bind_tools([count_boats], response_format=Count, strict=True)
    answer = both.invoke("Hand it in as a form.")
    check_equal("beside tools", answer.additional_kwargs["parsed"], expected)


@flow("langchain: all messages sent again")
def with_all_messages():
    chat = model().bind_tools([count_boats])
    messages = loop(chat, [HumanMessage("Hello, my name is Ada.")])
    messages = loop(chat, [*messages, HumanMessage(BOTH)])
    messages = loop(chat, [*messages, HumanMessage("Do you know who I am?")])
    check_equal("it remembers", messages[-1].text, "You are Ada.")
    check_equal(
        "with nothing stored",
        loop(model(store=False).bind_tools([count_boats]), [HumanMessage(BOTH)])[-1].text,
        COUNTED,
    )


@flow("langchain: previous_response_id")
def chained():
    first = model().invoke("Hello, my name is Ada.")
    second = model().invoke("Do you know who I am?", previous_response_id=first.response_metadata["id"])
    check_equal("it remembers", second.text, "You are Ada.")
    chat = model(use_previous_response_id=True).bind_tools([count_boats])
    messages = loop(chat, [HumanMessage("Hello, my name is Bo.")])
    messages = loop(chat, [*messages, HumanMessage(BOTH)])
    check_equal("by itself, with calls", messages[-1].text, COUNTED)
    check_equal("still", loop(chat, [*messages, HumanMessage("Do you know who I am?")])[-1].text, "You are Bo.")


@flow("langchain: a conversation")
def in_a_conversation():
    client = openai.OpenAI(base_url=URL, api_key=KEY)
    conversation = client.conversations.create()
    chat = model().bind_tools([count_boats])
    check_equal(
        "first", chat.invoke("Hello, my name is Ada.", conversation=conversation.id).text, "Welcome aboard, Ada."
    )
    called = chat.invoke(BOTH, conversation=conversation.id)
    outputs = [ToolMessage(str(PIERS[call["args"]["pier"]]), tool_call_id=call["id"]) for call in called.tool_calls]
    check_equal("outputs", chat.invoke(outputs, conversation=conversation.id).text, COUNTED)
    check_equal("then", chat.invoke("Do you know who I am?", conversation=conversation.id).text, "You are Ada.")


@flow("langchain: an agent")
def agent():
    saved = create_agent(model(), [count_boats], system_prompt="Answer for the harbour.", checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    for question, answer in (
        ("Hello, my name is Ada.", "Welcome aboard, Ada."),
        (BOTH, COUNTED),
        (TWICE, "9, then 6."),
        ("Do you know who I am?", "You are Ada."),
    ):
        result = saved.invoke({"messages": [HumanMessage(question)]}, thread)
        check_equal(question, result["messages"][-1].text, answer)
    pieces = [
        piece.text
        for piece, _ in saved.stream({"messages": [HumanMessage("How deep is it?")]}, thread, stream_mode="messages")
    ]
    check_equal("as a stream", "".join(pieces), TALK)


@flow("langchain: built-in tools")
def built_in():
    client = openai.OpenAI(base_url=URL, api_key=KEY)
    file = client.files.create(
        file=("quay.txt", b"Opening hours of the lock: from five to nine."), purpose="assistants"
    )
    store = client.vector_stores.create(name="Quay", file_ids=[file.id])
    search = {"type": "file_search", "vector_store_ids": [store.id]}
    chat = model(include=["file_search_call.results"]).bind_tools([search])
    question = HumanMessage("What are the opening hours of the lock?")
    answer = chat.invoke([question])
    found, text = answer.content
    check_equal("a search", (found["type"], found["results"][0]["file_id"]), ("file_search_call", file.id))
    check_equal("a citation", [one["file_id"] for one in text["annotations"]], [file.id])
    code = model(include=["code_interpreter_call.outputs"]).bind_tools(
        [{"type": "code_interpreter", "container": {"type": "auto"}}]
    )
    ran, text = code.invoke("What is the mean?").content
    check_equal("code", (ran["type"], ran["outputs"][0]["logs"]), ("code_interpreter_call", "3.5\n"))
    check_equal("its answer", text["text"], "The mean height is 3.5 metres.")
    again = chat.invoke([question, answer, HumanMessage("How deep is it?")])
    check_equal("what the server made can be sent again", again.text, TALK)
