"""The quota of tokens: a run whose key has too few left for its prompt fails as soon as it is in progress."""

from emulator.domain.actions import Fail
from emulator.domain.ports import Turn
from emulator.domain.refusals import tokens_short
from emulator.domain.tokens import estimated_prompt
from emulator.domain.view import ModelView
from emulator.engine.facets import Kind
from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction


async def shortage_of(namespace: Namespace, tx: Transaction, view: ModelView, payer: str | None) -> str | None:
    """Return why a run that begins cannot have its tokens; None where it can. payer: the digest of its key."""
    quotas = namespace.config.quotas
    if quotas is None or quotas.tpm is None or payer is None:
        return None
    await namespace.facets.look(namespace, Kind.CONSUMPTION, tx=tx)
    short = namespace.consumption.shortage(payer, estimated_prompt(view), quotas.tpm, namespace.clock.now())
    return None if short is None else tokens_short(view.model, short)


def turn_without_tokens(message: str) -> Turn:
    """Return what a run plays then, in place of a turn of the script."""
    return Turn(iter([Fail("rate_limit_exceeded", message)]))
