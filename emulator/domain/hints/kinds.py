"""Every kind of hint, with what happened and what to do about it.

A hint is no error and changes no answer; the report lists it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class HintKind(StrEnum):
    """What a hint is about."""

    CANCELLED_TOO_LATE = "cancelled_too_late"
    RACED_AN_ACTIVE_RUN = "raced_an_active_run"
    REFUSED_BY_ACTIVE_RUN = "refused_by_active_run"
    OUTPUTS_UNASKED = "outputs_unasked"
    OUTPUTS_TOO_LATE = "outputs_too_late"
    OUTPUTS_TWICE = "outputs_twice"
    OUTPUTS_INCOMPLETE = "outputs_incomplete"
    POLLED_PAST_END = "polled_past_end"
    STATUS_NEVER_SHOWN = "status_never_shown"
    REST_OF_LIST_UNREAD = "rest_of_list_unread"
    WRONG_URL = "wrong_url"
    BATCH_READ_AS_STORE = "batch_read_as_store"
    BATCH_ORDER_IGNORED = "batch_order_ignored"
    FILE_LEFT_ITS_STORES = "file_left_its_stores"
    SHAPED_FOR_ASSISTANTS = "shaped_for_assistants"
    CALLS_UNANSWERED = "calls_unanswered"
    SENT_ONLY_ONCE = "sent_only_once"


# detail: see `Hint`.
_MESSAGES: Final = {
    HintKind.CANCELLED_TOO_LATE: (
        "the client cancelled the run before it had read how it went on, and the run had already ended by itself: at"
        " pace immediate a run goes on to its end before the next request. At pace polls or time it is still under way,"
        " and the cancel request succeeds, as it did with the service"
    ),
    HintKind.RACED_AN_ACTIVE_RUN: (
        "the client added a message to the thread, or created another run on it, directly after this run and without"
        " reading what became of it. The service was then probably still at work on it, and refused the request"
        " (Can't add messages to thread_... while a run run_... is active; Thread thread_... already has an active run"
        " run_...). Poll the run until it is over, or read its stream to the end. At pace polls or time the request is"
        " refused here, too"
    ),
    HintKind.REFUSED_BY_ACTIVE_RUN: (
        "the client added a message to the thread, or created another run on it, while this run was active, and was"
        " refused. Poll the run until it is over, submit the outputs that it waits for, or cancel it, before the next"
        " request about its thread; where several workers share a thread, let one of them at a time have it"
    ),
    HintKind.OUTPUTS_UNASKED: (
        "the client submitted outputs that the run had not asked for, and was refused. Poll the run until its status is"
        " requires_action, and answer the calls of its required_action"
    ),
    HintKind.OUTPUTS_TOO_LATE: (
        "the client submitted outputs when the run was already {detail}, and was refused. A run waits for outputs until"
        " its expires_at: submit them before, give functions that take long a time-out of their"
        " own, and where it is too late create another run"
    ),
    HintKind.OUTPUTS_TWICE: (
        "the client submitted outputs to calls of the run that had already been answered, and was refused. Submit once"
        " for each requires_action: if the answer to it is lost, read the run first, and let one worker only answer it"
    ),
    HintKind.OUTPUTS_INCOMPLETE: (
        "the client submitted outputs to some of the calls only, and was refused. Answer all calls of required_action"
        " in one request, also those that failed: their output can say so"
    ),
    HintKind.POLLED_PAST_END: (
        "the client read the run again and again after an answer had shown that it was over. Stop polling at each of"
        " the statuses completed, failed, cancelled, expired and incomplete: a loop that waits for completed alone"
        " never ends where a run ends otherwise"
    ),
    HintKind.STATUS_NEVER_SHOWN: (
        "the run came to {detail}, and no answer and no event has shown that to the client, so the program cannot have"
        " dealt with it. Poll the run until it is over or waits for outputs, or read its stream to the end"
    ),
    HintKind.REST_OF_LIST_UNREAD: (
        "the client read the first page of a list that goes on (has_more was true), and never asked for what comes"
        " after it. Ask again with after=LAST_ID until has_more is false, or iterate over the list that the official"
        " clients return; whoever wants the newest object only asks with limit=1"
    ),
    HintKind.WRONG_URL: "{detail}",
    HintKind.BATCH_READ_AS_STORE: (
        "the client read a file batch and got its vector store, with the store's id and status, as the service answered"
        " since 2025. Keep the batch's id from its creation, and read only file_counts of the answer; its list of files"
        " (GET …/file_batches/BATCH_ID/files) says what became of each. With --wire {detail} (wire of the namespace),"
        " or an earlier day, a batch is read as itself"
    ),
    HintKind.BATCH_ORDER_IGNORED: (
        "the client asked for the files of a batch in an order, and got them by their ids, as the service listed them"
        " since 2025. Sort them in the program. With --wire {detail} (wire of the namespace), or an earlier day, they"
        " come in the order that was asked for"
    ),
    HintKind.FILE_LEFT_ITS_STORES: (
        "the client deleted the file, which took it out of its vector stores as well, and then asked for it in a store."
        " Since 2025 nothing is left to be removed there: remove it from the store first, or leave that out. With"
        " --wire {detail} (wire of the namespace), or an earlier day, it stays in the store"
    ),
    HintKind.SHAPED_FOR_ASSISTANTS: "the request was refused, because it has the form of Assistants: {detail}",
    HintKind.CALLS_UNANSWERED: (
        "the response ended with calls of functions that the client has not answered, or went on without answering."
        " Where a run would be requires_action, a response is completed, and its output ends with function_call items."
        " Send an item {{type: function_call_output, call_id, output}} for each of them, all in the next request, until"
        " the output has no call any more; a conversation or chain with an open call refuses everything else"
    ),
    HintKind.SENT_ONLY_ONCE: (
        "the client went on with an earlier response or a conversation and sent no {detail}, but had sent some before."
        " Nothing carries them over, so the model answers without: send them with each request"
    ),
}


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint. about: the id or the request that it is about; run: the same where it is a run; count: how often.

    detail: what differs from one hint of a kind to the next: a status, what is wrong with a URL, the last day on which
    the wire was otherwise.
    """

    kind: HintKind
    about: str
    run: str | None = None
    count: int = 1
    detail: str = ""

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        return _MESSAGES[self.kind].format(detail=self.detail)

    def to_json(self) -> dict[str, Any]:
        """Return the hint as the report lists it."""
        return {
            "run": self.run,
            "about": self.about,
            "kind": self.kind.value,
            "message": self.message,
            "count": self.count,
        }
