"""openai-agents: its sessions, in a file of the program and in a conversation of the server."""

import openai
from agents import OpenAIConversationsSession, Runner, SQLiteSession
from agents_runner import HARBOUR, client, do, run
from checks import check, check_equal, check_refused, flow
from harbour import BOTH, COUNTED, TWICE


def converse(session):
    for question, answer in (
        ("Hello, my name is Ada.", "Welcome aboard, Ada."),
        (BOTH, COUNTED),
        ("Do you know who I am?", "You are Ada."),
    ):
        check_equal(question, run(HARBOUR, question, session=session).final_output, answer)


@flow("agents: a session of its own")
def in_memory():
    session = SQLiteSession("ada")
    converse(session)
    check_equal("it keeps all items", len(do(session.get_items())), 10)


@flow("agents: a conversation as session")
def in_a_conversation():
    session = OpenAIConversationsSession()
    converse(session)
    check("it is a conversation", session.session_id.startswith("conv_"), session.session_id)
    kept = [item["type"] for item in do(session.get_items())]
    calls, outputs = ["function_call"] * 2, ["function_call_output"] * 2
    check_equal("it has all items", kept, ["message"] * 3 + calls + outputs + ["message"] * 3)
    check_equal("the last two", [item["role"] for item in do(session.get_items(limit=2))], ["user", "assistant"])
    again = OpenAIConversationsSession(conversation_id=session.session_id)
    check_equal("it can be taken up", run(HARBOUR, "Do you know who I am?", session=again).final_output, "You are Ada.")
    popped = do(session.pop_item())
    check_equal("the newest can be taken away", (popped["role"], len(do(session.get_items()))), ("assistant", 11))
    deleted = session.session_id
    do(session.clear_session())
    check_refused(
        "it can be cleared", openai.NotFoundError, lambda: do(client.conversations.retrieve(deleted)), status_code=404
    )


@flow("agents: conversation_id")
def named():
    conversation = do(client.conversations.create())
    for question, answer in (
        ("Hello, my name is Ada.", "Welcome aboard, Ada."),
        (TWICE, "9, then 6."),
        ("Do you know who I am?", "You are Ada."),
    ):
        check_equal(question, run(HARBOUR, question, conversation_id=conversation.id).final_output, answer)

    async def items():
        return [item.type async for item in client.conversations.items.list(conversation.id, order="asc")]

    calls = ["function_call", "function_call_output"] * 2
    check_equal("its items", do(items()), ["message"] * 3 + calls + ["message"] * 3)


@flow("agents: a stream in a session")
def streamed():
    async def listen(session):
        for question in ("Hello, my name is Ada.", BOTH, "Do you know who I am?"):
            result = Runner.run_streamed(HARBOUR, question, session=session)
            async for _ in result.stream_events():
                pass
            yield result.final_output

    async def answers():
        return [answer async for answer in listen(OpenAIConversationsSession())]

    check_equal("it answers", do(answers()), ["Welcome aboard, Ada.", COUNTED, "You are Ada."])
