"""What the service did otherwise from some day on, where no shape tells it; dated shapes are in `changes`."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Behavior:
    """A way of doing things that came on a day.

    day: the first one that shows it. evidence: where both sides are seen.
    """

    day: str
    what: str
    evidence: str

    def active_on(self, day: str) -> bool:
        """Return whether it is done on a day (ISO date)."""
        return day >= self.day


# Newest first. Days without a recording on both sides lie between the two.
LARGE_BATCHES: Final = Behavior("2026-01-01", "batches take 2,000 files, and not 500", "specifications")
LEAVES_ITS_STORES: Final = Behavior(
    "2025-11-01", "a file that is deleted leaves its vector stores", "specifications of 2025 and 2026"
)
LARGE_HELPED_STORES: Final = Behavior(
    "2025-11-01", "stores made on the way take 100,000,000 files, and not 10,000", "specifications"
)
BATCH_FILES_BY_ID: Final = Behavior(
    "2025-10-01", "the files of a batch are listed by their ids, in whatever order", "openai-dotnet, Sep and Oct 2025"
)
IBJ_BATCH_IDS: Final = Behavior(
    "2025-10-01", "ids of file batches begin with vsfb_ibj_", "openai-dotnet, Sep and Oct 2025"
)
BATCHES_BY_BYTES: Final = Behavior(
    "2025-10-01", "a file of a batch is counted by its bytes alone", "openai-dotnet, Sep and Oct 2025"
)
NAMED_PROJECT: Final = Behavior(
    "2025-06-01", "answers name the project in a header", "ruby-openai Feb 2025, openai-dotnet Sep 2025"
)
BATCHES_EXPIRE: Final = Behavior("2025-04-29", "files for batches go after thirty days", "specification")
STORES_OF_500: Final = Behavior(
    "2025-03-11", "new stores take 500 files, and not 100", "public issues, Dec 2024; specification"
)
HEX_STORE_IDS: Final = Behavior("2025-01-01", "ids of vector stores have 32 hex digits", "recordings of 2024 and 2025")
WRONG_PREFIX: Final = Behavior(
    "2025-01-01", "an id with a wrong prefix has a refusal of its own", "public issues, 2025"
)
CITED_BY_NAME: Final = Behavior(
    "2025-01-01", "the marker of a citation holds the file's name", "ruby-openai Oct 2024, openai-dotnet Oct 2025"
)
SHORT_FILE_IDS: Final = Behavior(
    "2024-12-01", "ids of files have 22 letters, and not 24", "recordings of 2024 and 2025"
)
CITED_WITHOUT_QUOTE: Final = Behavior(
    "2024-06-03", "messages do not quote what they cite", "azure-sdk-assets Jan 2024; specification"
)
CITED_BY_TWO_NUMBERS: Final = Behavior(
    "2024-04-17", "the marker of a citation has two numbers", "azure-sdk-assets Jan 2024, ruby-openai Oct 2024"
)
LONG_TEXTS: Final = Behavior(
    "2024-04-09", "instructions and messages take 256,000 characters, and not 32,768", "specifications"
)
ROLE_OF_ASSISTANT: Final = Behavior("2024-04-09", "clients write messages of the assistant, too", "specifications")
STRICT_V1: Final = Behavior(
    "2024-02-16", "v1 refuses fields that it does not know", "public issues of go-openai and openai-java, Feb 2024"
)
PREFIXED_REQUEST_IDS: Final = Behavior(
    "2024-02-01", "ids of requests begin with req_", "ruby-openai Jan 2024, openllmetry Mar 2024"
)
FUNCTIONS_WITHOUT_PARAMETERS: Final = Behavior(
    "2024-01-01", "functions need no parameters", "llama_index Nov 2023; specification of Apr 2024"
)
BEARER_CHALLENGE: Final = Behavior(
    "2024-01-01", "a refused key is told of Bearer, and not of Basic", "ruby-openai, Nov 2023 and Apr 2024"
)

BEHAVIORS: Final = (
    LARGE_BATCHES, LEAVES_ITS_STORES, LARGE_HELPED_STORES, BATCH_FILES_BY_ID, IBJ_BATCH_IDS, BATCHES_BY_BYTES,
    NAMED_PROJECT, BATCHES_EXPIRE, STORES_OF_500, HEX_STORE_IDS, WRONG_PREFIX, CITED_BY_NAME, SHORT_FILE_IDS,
    CITED_WITHOUT_QUOTE, CITED_BY_TWO_NUMBERS, LONG_TEXTS, ROLE_OF_ASSISTANT, STRICT_V1, PREFIXED_REQUEST_IDS,
    FUNCTIONS_WITHOUT_PARAMETERS, BEARER_CHALLENGE,
)  # fmt: skip
