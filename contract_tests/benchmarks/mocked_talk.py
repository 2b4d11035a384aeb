"""Hold a conversation in process for each line of the input, `emulator` or `mocks`, and print its seconds.

An environment of its own runs this as a file, so it imports nothing of this folder.
"""

import sys
import time
import warnings
from typing import Any

import openai
from openai_responses import OpenAIMock

from emulator import InProcess

_QUESTION = "How far is it to the lighthouse?"
_ASSISTANT = {"model": "gpt-4o", "name": "Harbour office", "instructions": "You answer questions about the harbour."}


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    with InProcess(script=sys.argv[1]) as server:
        http = server.http_client()
        ours = openai.OpenAI(base_url=server.base_url, api_key="sk-emu-default", http_client=http, max_retries=0)
        theirs = openai.OpenAI(api_key="sk-fake", max_retries=0)
        for line in sys.stdin:
            if line.strip() == "emulator":
                seconds = converse(ours, expected="completed")
            else:
                with OpenAIMock().router:  # a new one each time: it keeps all that it was ever sent
                    seconds = converse(theirs, expected="queued")
            print(seconds, flush=True)


def converse(client: Any, expected: str) -> float:
    """Hold a conversation of seven requests; return how many seconds it took."""
    started = time.perf_counter()
    beta = client.beta
    assistant = beta.assistants.create(**_ASSISTANT)
    thread = beta.threads.create()
    beta.threads.messages.create(thread.id, role="user", content=_QUESTION)
    run = beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
    run = beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    steps = beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    messages = beta.threads.messages.list(thread.id)
    seconds = time.perf_counter() - started
    if run.status != expected or (expected == "completed" and len(steps.data) + len(messages.data) != 3):
        raise RuntimeError(f"the conversation went wrong: {run.status}")
    return seconds


if __name__ == "__main__":
    main()
