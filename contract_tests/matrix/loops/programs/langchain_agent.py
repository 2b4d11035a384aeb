"""LangChain's assistant as an agent of its executor, in a thread that is there already."""

import openai
from asked import INSTRUCTIONS, MODEL, NAME, QUESTION, READ_TIMEOUT, look_outside, run
from langchain_classic.agents import AgentExecutor
from langchain_community.agents.openai_assistant import OpenAIAssistantV2Runnable
from langchain_core.tools import tool


def ask():
    client = openai.OpenAI(timeout=READ_TIMEOUT)
    tools = [tool(look_outside)]
    agent = OpenAIAssistantV2Runnable.create_assistant(
        name=NAME,
        instructions=INSTRUCTIONS,
        tools=tools,
        model=MODEL,
        client=client,
        as_agent=True,
        check_every_ms=200,
    )
    executor = AgentExecutor(agent=agent, tools=tools)
    thread = client.beta.threads.create()
    return executor.invoke({"content": QUESTION, "thread_id": thread.id})["output"]


run(ask)
