"""LlamaIndex's agent: it makes its client itself, and takes no time-out."""

from asked import INSTRUCTIONS, MODEL, NAME, QUESTION, look_outside, run
from llama_index.agent.openai import OpenAIAssistantAgent
from llama_index.core.tools import FunctionTool


def ask():
    agent = OpenAIAssistantAgent.from_new(
        name=NAME, instructions=INSTRUCTIONS, model=MODEL, tools=[FunctionTool.from_defaults(look_outside)]
    )
    return str(agent.chat(QUESTION))


run(ask)
