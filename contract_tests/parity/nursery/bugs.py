"""Bugs that ports have: each is the port of the nursery with one thing wrong, and not one of them stops it."""

from collections.abc import Sequence
from typing import Any

from openai import APIStatusError

from contract_tests.parity.nursery.after import Asked, Desk, Items
from contract_tests.parity.nursery.desk import INSTRUCTIONS, Question


class InstructionsOnce(Desk):
    """Instructions go with the first request alone, as if they were kept."""

    def asked(self, number: int, question: Question) -> Asked:
        asked = super().asked(number, question)
        return asked if number == 0 else {**asked, "instructions": None}

    def asked_again(self, number: int, question: Question) -> Asked:
        return {**super().asked_again(number, question), "instructions": None}


class ToolsOnce(Desk):
    """Tools go with the requests that ask, and not with those that bring outputs."""

    def asked_again(self, number: int, question: Question) -> Asked:
        return {**super().asked_again(number, question), "tools": []}


class StrictByDefault(Desk):
    """Functions are written flat, and nothing is said of `strict`: they are strict then."""

    def tools(self, number: int, question: Question) -> Items:
        return [
            {name: one for name, one in tool.items() if name != "strict"} for tool in super().tools(number, question)
        ]


class AnsweredNoMore(Desk):
    """The program reads the text, and looks for calls only where it expects them."""

    def handed_over(self, calls: Sequence[Any], **asked: Any) -> Any:
        if any(call.name == "refund" for call in calls):
            return _Silence()
        return super().handed_over(calls, **asked)


class _Silence:
    output: tuple[Any, ...] = ()
    output_text = ""


class WrongRole(Desk):
    """What the program said by itself is sent as if the customer had said it."""

    def greeted(self) -> Items:
        return [{**one, "role": "user"} for one in super().greeted()]


class LostAttachment(Desk):
    """The file that came with a message is left behind."""

    def attach(self, file: tuple[str, bytes]) -> None:
        pass


class ChangedOutput(Desk):
    """Outputs are written as Python writes them, and not as JSON."""

    def output(self, call: Any) -> str:
        return super().output(call).replace('"', "'")


class OneByOne(Desk):
    """Each output is sent by itself. The first is refused, and the program tries the next with it."""

    def handed_over(self, calls: Sequence[Any], **asked: Any) -> Any:
        outputs: Items = []
        response = None
        for output in self.outputs(calls):
            outputs.append(output)
            try:
                response = self.style.send(outputs, **asked)
            except APIStatusError as error:
                if error.status_code != 400:
                    raise
        return response


class Forgetful(Desk):
    """From the third question on nothing is gone on from: the dialogue begins again."""

    def answered(self, number: int, question: Question) -> str:
        if number == 2:
            self.everywhere = self.style.open([])
        return super().answered(number, question)


class WrongFormat(Desk):
    """The schema is lost, and any JSON will do."""

    def text(self, question: Question) -> Any:
        return {"format": {"type": "json_object"}} if question.schema else super().text(question)


class OtherModel(Desk):
    """The port takes the opportunity to use a cheaper model."""

    def asked(self, number: int, question: Question) -> Asked:
        return {**super().asked(number, question), "model": "gpt-4o-mini"}


class LostMetadata(Desk):
    """What the program notes with each answer is left out."""

    def metadata(self, question: Question) -> dict[str, str]:
        return {}


class OtherOrder(Desk):
    """Where the customer wrote two messages, the newest comes first, as Assistants listed them."""

    def messages(self, question: Question) -> Items:
        return super().messages(question)[::-1]


class SwappedOutputs(Desk):
    """Outputs are in the right order, and carry each other's ids."""

    def outputs(self, calls: Sequence[Any]) -> Items:
        ids = [call.call_id for call in calls][::-1]
        return [{**one, "call_id": id_} for one, id_ in zip(super().outputs(calls), ids, strict=True)]


class NothingMore(Desk):
    """What a run was told in addition to its assistant's instructions is lost."""

    def instructions(self, number: int, question: Question) -> str | None:
        return INSTRUCTIONS


class Hotter(Desk):
    """The temperature is left out, and is 1 then."""

    def asked(self, number: int, question: Question) -> Asked:
        return {name: one for name, one in super().asked(number, question).items() if name != "temperature"}
