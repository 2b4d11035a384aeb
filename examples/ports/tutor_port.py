"""After: the tutor over Responses, in a conversation."""

from typing import Any

from openai import OpenAI
from tutor import PUPIL, QUESTIONS


def main(client: OpenAI) -> None:
    tools: Any = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    conversation = client.conversations.create()
    for question in QUESTIONS:
        # What the model saw before, and not what the assistant was made with: the run had instructions of its own.
        response = client.responses.create(
            model="gpt-4o", instructions=PUPIL, tools=tools, conversation=conversation.id, input=question
        )
        print(response.output_text)


if __name__ == "__main__":
    main(OpenAI())
