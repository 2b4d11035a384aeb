"""Before: the classic first program on the Assistants API. A tutor solves an equation with code, for a pupil with a name."""

import warnings
from typing import Any

from openai import OpenAI

QUESTIONS = ("Please solve the equation 6x + 5 = 23.", "How do I check that?")
TUTOR = "You are a patient tutor of mathematics. Calculate with code."
PUPIL = "The pupil is called Noor."


def main(client: OpenAI) -> None:
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    tools: Any = [{"type": "code_interpreter"}]
    assistant = client.beta.assistants.create(name="Tutor", instructions=TUTOR, tools=tools, model="gpt-4o")
    thread = client.beta.threads.create()
    for question in QUESTIONS:
        client.beta.threads.messages.create(thread.id, role="user", content=question)
        # These instructions take the place of the assistant's. That is easily missed.
        run = client.beta.threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=assistant.id, instructions=PUPIL
        )
        newest = client.beta.threads.messages.list(thread.id, run_id=run.id, limit=1).data[0].content[0]
        print(newest.text.value if newest.type == "text" else newest.type)


if __name__ == "__main__":
    main(OpenAI())
