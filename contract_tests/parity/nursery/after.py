"""Its port to Responses, in four styles: ``python -m contract_tests.parity.nursery.after STYLE``."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from openai import OpenAI

from contract_tests.parity.nursery.desk import (
    CARE,
    CUSTOMER,
    DECLARED,
    GREETING,
    INSTRUCTIONS,
    MODEL,
    QUESTIONS,
    TEMPERATURE,
    Question,
    output_of,
)

Items = list[Any]
Asked = dict[str, Any]


class Chain:
    """Each request names the response before it."""

    def __init__(self, api: OpenAI) -> None:
        self.api = api
        self.unsent: Items = []
        self.going_on: Asked = {}

    def open(self, items: Items) -> Asked:
        """Begin a dialogue with items; return what is asked with each of its requests."""
        self.unsent, self.going_on = items, {}
        return {"metadata": CUSTOMER}

    def send(self, items: Items, **asked: Any) -> Any:
        """Send what is new, and return the response."""
        response = self.made(input=[*self.unsent, *items], **self.going_on, **asked)
        self.keep(items, response)
        return response

    def keep(self, items: Items, response: Any) -> None:
        """Remember what the next request goes on with."""
        self.unsent, self.going_on = [], {"previous_response_id": response.id}

    def made(self, **asked: Any) -> Any:
        """Return a new response."""
        return self.api.responses.create(**asked)


class Conversation(Chain):
    """Each request names the conversation, which the server keeps."""

    def open(self, items: Items) -> Asked:
        made = self.api.conversations.create(items=items, metadata=CUSTOMER)
        self.going_on = {"conversation": made.id}
        return {}

    def keep(self, items: Items, response: Any) -> None:
        pass


class Stateless(Chain):
    """Nothing is kept by the server: each request has everything that was said."""

    def open(self, items: Items) -> Asked:
        self.unsent, self.going_on = list(items), {"store": False}
        return {"metadata": CUSTOMER}

    def keep(self, items: Items, response: Any) -> None:
        self.unsent += [*items, *response.output]


class Streamed(Chain):
    """A chain, of which each response is streamed."""

    def made(self, **asked: Any) -> Any:
        with self.api.responses.stream(**asked) as stream:
            stream.until_done()
            return stream.get_final_response()


class StreamedConversation(Conversation):
    """A conversation, of which each response is streamed."""

    made = Streamed.made


class StreamedStateless(Stateless):
    """The whole of what was said, and streams."""

    made = Streamed.made


class Background(Chain):
    """A chain, of which each response is polled."""

    def made(self, **asked: Any) -> Any:
        response = self.api.responses.create(background=True, **asked)
        while response.status in ("queued", "in_progress"):
            response = self.api.responses.retrieve(response.id)
        return response


STYLES: Final[dict[str, Callable[[OpenAI], Chain]]] = {
    "chain": Chain,
    "conversation": Conversation,
    "stateless": Stateless,
    "streamed": Streamed,
}
MORE_STYLES: Final[dict[str, Callable[[OpenAI], Chain]]] = {
    "streamed conversation": StreamedConversation,
    "streamed stateless": StreamedStateless,
    "background": Background,
}


class Desk:
    """The port. What a bug changes is a method of its own."""

    def __init__(self, api: OpenAI, style: Callable[[OpenAI], Chain]) -> None:
        self.api = api
        self.style = style(api)
        self.stores: list[str] = []
        self.everywhere: Asked = {}

    def work(self) -> list[str]:
        """Answer all questions in one dialogue, and return the answers."""
        self.stores = [self.stored(CARE)]
        self.everywhere = self.style.open(self.greeted())
        return [self.answered(number, question) for number, question in enumerate(QUESTIONS)]

    def answered(self, number: int, question: Question) -> str:
        """Return the answer to a question."""
        messages = self.messages(question)
        asked = self.asked(number, question)
        response = self.style.send(messages, **asked)
        while calls := [item for item in response.output if item.type == "function_call"]:
            response = self.handed_over(calls, **self.asked_again(number, question))
        return str(response.output_text)

    def handed_over(self, calls: Sequence[Any], **asked: Any) -> Any:
        """Send the outputs of calls, and return what the model makes of them."""
        return self.style.send(self.outputs(calls), **asked)

    def outputs(self, calls: Sequence[Any]) -> Items:
        """Return the outputs of calls, as items."""
        return [
            {"type": "function_call_output", "call_id": call.call_id, "output": self.output(call)} for call in calls
        ]

    def output(self, call: Any) -> str:
        """Return the output of a call."""
        return output_of(call.name, call.arguments)

    def stored(self, file: tuple[str, bytes]) -> str:
        """Return the id of a new store with the file."""
        uploaded = self.api.files.create(file=file, purpose="assistants")
        return self.api.vector_stores.create(file_ids=[uploaded.id]).id

    def greeted(self) -> Items:
        """Return what a dialogue begins with."""
        return [{"role": "assistant", "content": GREETING}]

    def messages(self, question: Question) -> Items:
        """Return what the customer wrote; an attached file can be searched from then on."""
        if question.attached:
            self.attach(question.attached)
        return [{"role": "user", "content": text} for text in question.messages]

    def attach(self, file: tuple[str, bytes]) -> None:
        """Let a file be searched, too."""
        self.stores.append(self.stored(file))

    def asked(self, number: int, question: Question) -> Asked:
        """Return what goes with the request that asks a question; number: of the question, from 0."""
        return {
            "model": MODEL,
            "temperature": TEMPERATURE,
            "truncation": "auto",
            "instructions": self.instructions(number, question),
            "tools": self.tools(number, question),
            "text": self.text(question),
            "metadata": {**self.everywhere.get("metadata", {}), **self.metadata(question)},
        }

    def asked_again(self, number: int, question: Question) -> Asked:
        """Return what goes with the requests that bring outputs."""
        return self.asked(number, question)

    def instructions(self, number: int, question: Question) -> str | None:
        """Return the instructions for an answer."""
        return f"{INSTRUCTIONS}\n\n{question.more}" if question.more else INSTRUCTIONS

    def tools(self, number: int, question: Question) -> Items:
        """Return the tools for an answer."""
        functions = [{"type": "function", "strict": False, **one} for one in DECLARED]
        search = {"type": "file_search", "vector_store_ids": list(self.stores)}
        return functions if question.schema else [search, *functions]

    def text(self, question: Question) -> Any:
        """Return the form of an answer."""
        if not question.schema:
            return {"format": {"type": "text"}}
        return {"format": {"type": "json_schema", "name": "answer", "schema": question.schema, "strict": True}}

    def metadata(self, question: Question) -> dict[str, str]:
        """Return the metadata of an answer."""
        return dict(question.metadata)


if __name__ == "__main__":
    print(*Desk(OpenAI(), (STYLES | MORE_STYLES)[sys.argv[1]]).work(), sep="\n")
