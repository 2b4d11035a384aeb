"""Who begins a run: what the service did for a client of v1, of Azure or of Foundry differs."""

from dataclasses import dataclass
from typing import Final

AZURE_MOUNTS: Final = ("azure", "foundry")


@dataclass(frozen=True, slots=True)
class Caller:
    """A client. v1: it speaks v1. mount: below which it calls the API: openai, azure or foundry.

    payer: the digest of its key, where tokens are counted.
    """

    v1: bool = False
    mount: str = "openai"
    payer: str | None = None

    @property
    def is_azure(self) -> bool:
        """Whether the client takes the server for Azure, or for Foundry, which is built on it."""
        return self.mount in AZURE_MOUNTS

    @property
    def is_foundry(self) -> bool:
        """Whether the client takes the server for Foundry."""
        return self.mount == "foundry"

    @property
    def refuses_later_models(self) -> bool:
        """Whether models that came after v1 are refused; Azure's deployments have names of their own."""
        return self.v1 and not self.is_azure


OPENAI: Final = Caller()
