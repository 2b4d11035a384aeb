"""Every dated change of the service's behaviour, with its evidence; dated changes of shapes are in `changes`."""

import datetime
from dataclasses import dataclass
from functools import cache
from typing import Final

from emulator.domain.behaviors import Behaviors
from emulator.domain.lifecycle import RUN_LIFETIME


@dataclass(frozen=True, slots=True)
class Behavior:
    """A behaviour that began on a day.

    day: the first on which it is seen. evidence: sources that show the behaviour before and since. until: the first day
    on which it is no longer seen; empty if it stayed.
    """

    day: str
    what: str
    evidence: str
    until: str = ""

    def active_on(self, day: str) -> bool:
        """Return whether the service behaves like this on a day (ISO date)."""
        return self.day <= day and not (self.until and day >= self.until)

    @property
    def last_day_before(self) -> str:
        """The last day on which it was otherwise."""
        return (datetime.date.fromisoformat(self.day) - datetime.timedelta(days=1)).isoformat()


# Newest first. A day that no recording shows lies between the last recording before it and the first since.

# Certain for the day and a few months before it; that other text was indexed in earlier years is unverified.
ONLY_LISTED_TYPES: Final = Behavior(
    "2026-08-30",
    "text in files of undocumented types is not searchable any more",
    "one program's tests, Jun and Aug 2026 (.h, .svg)",
)
# The words of reasoning_effort came with models for all endpoints; that they came here on the same days is unverified.
EFFORT_MAX: Final = Behavior("2026-07-09", "reasoning_effort may be `max`", "openai-python 2.45.0; specification")
# Both are reported; the day is unverified, and taken to be that on which the order of keys in events changed.
FAILED_ALONE: Final = Behavior(
    "2026-02-23",
    "streams of responses that fail have no event of the error before `response.failed`",
    "public issues, 2025 and 2026",
)
# Certain for 2026; where it began is unverified.
FOREIGN_CHARACTERS: Final = Behavior(
    "2026-01-01", "ids with foreign characters have an error of their own", "litellm, 2026"
)
LARGE_BATCHES: Final = Behavior("2026-01-01", "file batches may have 2,000 files instead of 500", "specifications")
EFFORT_XHIGH: Final = Behavior("2025-12-04", "reasoning_effort may be `xhigh`", "openai-python 2.9.0; specification")
EFFORT_NONE: Final = Behavior("2025-11-13", "reasoning_effort may be `none`", "openai-python 2.8.0; specification")
LEAVES_ITS_STORES: Final = Behavior(
    "2025-11-01", "deleting a file removes it from its vector stores", "specifications of 2025 and 2026"
)
LARGE_INLINE_STORES: Final = Behavior(
    "2025-11-01",
    "vector stores created with an assistant or a thread may have 100,000,000 files instead of 10,000",
    "specifications",
)
# The day is approximate: the oldest report shows a batch of 1 Nov 2025, and no recording shows the change.
BATCHES_READ_AS_STORES: Final = Behavior(
    "2025-10-25",
    "a file batch is read as its vector store",
    "openai-python issue 2724 (Nov 2025), openai-node issue 1700 (Nov 2025), promptbook (Feb 2026), kaapi-backend"
    " (Jul 2026)",
)
BATCH_FILES_BY_ID: Final = Behavior(
    "2025-10-01", "the files of a batch are listed by id, whatever `order` says", "openai-dotnet, Sep and Oct 2025"
)
IBJ_BATCH_IDS: Final = Behavior(
    "2025-10-01", "ids of file batches begin with `vsfb_ibj_`", "openai-dotnet, Sep and Oct 2025"
)
BATCHES_BY_BYTES: Final = Behavior(
    "2025-10-01",
    "usage_bytes of files in a batch is the size of the file, without overhead",
    "openai-dotnet, Sep and Oct 2025",
)
# Refused on the 8th; the day on which that ended is unverified.
GPT_5_MINI: Final = Behavior("2025-08-15", "gpt-5-mini can be used", "ruby-openai issue 611, Aug 2025; specification")
EFFORT_MINIMAL: Final = Behavior(
    "2025-08-07", "reasoning_effort may be `minimal`", "laravel-ai-assistant issue 24, Apr 2025; specification"
)
FOUNDRY_HALF_HOUR: Final = Behavior(
    "2025-08-01",
    "runs of Foundry's agents expire after half an hour instead of ten minutes",
    "azure-sdk-assets, azure-ai-agents, Jun and Aug 2025",
)
NAMED_PROJECT: Final = Behavior(
    "2025-06-01", "responses name the project in a header", "ruby-openai Feb 2025, openai-dotnet Sep 2025"
)
BATCHES_EXPIRE: Final = Behavior("2025-04-29", "files with the purpose `batch` expire after 30 days", "specification")
STORES_OF_500: Final = Behavior(
    "2025-03-11", "new vector stores may have 500 files instead of 100", "public issues, Dec 2024; specification"
)
# That they were refused until then is reported; that it was in the words for other models is unverified.
REASONING_MODELS: Final = Behavior(
    "2025-01-31", "o1 and o3-mini can be used", "pipedream and allms, Jan 2025; openai-python issue 2108, Feb 2025"
)
HEX_STORE_IDS: Final = Behavior("2025-01-01", "ids of vector stores have 32 hex digits", "recordings of 2024 and 2025")
WRONG_PREFIX: Final = Behavior(
    "2025-01-01", "ids with a wrong prefix have an error of their own", "public issues, 2025"
)
CITED_BY_NAME: Final = Behavior(
    "2025-01-01", "citation markers contain the name of the file", "ruby-openai Oct 2024, openai-dotnet Oct 2025"
)
# Certain for these two months, and that it had been otherwise before; when it ended is unverified.
GPT_4O_UNSTRUCTURED: Final = Behavior(
    "2024-10-21",
    "gpt-4o, without a date, has no structured output",
    "endatix pull request 164, Oct 2024; openai-python issue 1857, Nov 2024",
    until="2024-12-01",
)
SHORT_FILE_IDS: Final = Behavior(
    "2024-12-01", "ids of files have 22 characters instead of 24", "recordings of 2024 and 2025"
)
# Certain for October 2024. When it began and when it ended is unverified: undated reports list more extensions.
UNKNOWN_EXTENSIONS_REFUSED: Final = Behavior(
    "2024-10-01",
    "files for assistants need a known extension",
    "openai-dotnet issue 270 and three programs, Oct 2024",
    until="2025-01-01",
)
# The day is approximate: Azure still refused it on 11 September.
AZURE_STRUCTURED_OUTPUT: Final = Behavior(
    "2024-10-01", "on Azure, too, response_format may be `json_schema`", "azure-sdk-for-net issue 45894, Sep 2024"
)
# The day is approximate: the first words were last seen in July, the others first in November.
AZURE_NAMES_FILE_SEARCH: Final = Behavior(
    "2024-10-01",
    "Azure's refusal of v1's retrieval names v2's file_search",
    "azure-sdk-for-js issues 28550 and 30337, Feb and Jul 2024; azure-sdk-for-net issue 47047, Nov 2024",
)
STRUCTURED_OUTPUT: Final = Behavior("2024-08-06", "response_format may be `json_schema`", "specification")
# Certain for May 2024; when it began and when it ended is unverified.
ASSISTANT_FILES_ON_V2: Final = Behavior(
    "2024-05-01",
    "v2, too, attaches files to assistants one by one",
    "three recordings of May 2024",
    until="2024-06-01",
)
LONG_TEXTS: Final = Behavior(
    "2024-04-09", "instructions and messages may have 256,000 characters instead of 32,768", "specifications"
)
ROLE_OF_ASSISTANT: Final = Behavior(
    "2024-04-09", "clients may also create messages with the role `assistant`", "specifications"
)
STRICT_V1: Final = Behavior(
    "2024-02-16", "v1 refuses unknown fields", "public issues of go-openai and openai-java, Feb 2024"
)
PREFIXED_REQUEST_IDS: Final = Behavior(
    "2024-02-01", "ids of requests begin with `req_`", "ruby-openai Jan 2024, openllmetry Mar 2024"
)
FUNCTIONS_WITHOUT_PARAMETERS: Final = Behavior(
    "2024-01-01", "functions may be defined without parameters", "llama_index Nov 2023; specification of Apr 2024"
)
BEARER_CHALLENGE: Final = Behavior(
    "2024-01-01",
    "responses to a refused key name the scheme Bearer instead of Basic",
    "ruby-openai, Nov 2023 and Apr 2024",
)

BEHAVIORS: Final = (
    ONLY_LISTED_TYPES, EFFORT_MAX, FAILED_ALONE, FOREIGN_CHARACTERS, LARGE_BATCHES, EFFORT_XHIGH, EFFORT_NONE,
    LEAVES_ITS_STORES, LARGE_INLINE_STORES, BATCHES_READ_AS_STORES, BATCH_FILES_BY_ID, IBJ_BATCH_IDS, BATCHES_BY_BYTES,
    GPT_5_MINI, EFFORT_MINIMAL, FOUNDRY_HALF_HOUR, NAMED_PROJECT, BATCHES_EXPIRE, STORES_OF_500, REASONING_MODELS,
    HEX_STORE_IDS, WRONG_PREFIX, CITED_BY_NAME, SHORT_FILE_IDS, GPT_4O_UNSTRUCTURED, UNKNOWN_EXTENSIONS_REFUSED,
    AZURE_STRUCTURED_OUTPUT, AZURE_NAMES_FILE_SEARCH, STRUCTURED_OUTPUT, ASSISTANT_FILES_ON_V2, LONG_TEXTS,
    ROLE_OF_ASSISTANT, STRICT_V1, PREFIXED_REQUEST_IDS, FUNCTIONS_WITHOUT_PARAMETERS, BEARER_CHALLENGE,
)  # fmt: skip


@cache
def behaviors_of(day: str) -> Behaviors:
    """Return what the parts of the emulator behind the wire need to know of a day (ISO date)."""
    return Behaviors(
        refuses_wrong_prefixes=WRONG_PREFIX.active_on(day),
        refuses_foreign_characters=FOREIGN_CHARACTERS.active_on(day),
        expires_batches=BATCHES_EXPIRE.active_on(day),
        counts_batches_by_bytes=BATCHES_BY_BYTES.active_on(day),
        lists_batches_by_id=BATCH_FILES_BY_ID.active_on(day),
        reads_batches_as_stores=BATCHES_READ_AS_STORES.active_on(day),
        takes_deleted_files_out=LEAVES_ITS_STORES.active_on(day),
        refuses_unknown_extensions=UNKNOWN_EXTENSIONS_REFUSED.active_on(day),
        indexes_any_text=not ONLY_LISTED_TYPES.active_on(day),
        refused_models=_refused_models(day),
        unstructured_models=("gpt-4o",) if GPT_4O_UNSTRUCTURED.active_on(day) else (),
        file_ids="file" if SHORT_FILE_IDS.active_on(day) else "file24",
        azure_file_ids="assistant" if SHORT_FILE_IDS.active_on(day) else "assistant24",
        store_ids="vs" if HEX_STORE_IDS.active_on(day) else "vs24",
        batch_ids="vsfb_ibj" if IBJ_BATCH_IDS.active_on(day) else "vsfb",
        request_ids="req" if PREFIXED_REQUEST_IDS.active_on(day) else "req_bare",
        tells_errors_apart=not FAILED_ALONE.active_on(day),
        foundry_run_lifetime=1800 if FOUNDRY_HALF_HOUR.active_on(day) else RUN_LIFETIME,
        citation="【{message}:{result}†{name}】" if CITED_BY_NAME.active_on(day) else "【{message}:{result}†source】",
        batches_read_until=BATCHES_READ_AS_STORES.last_day_before,
        batches_ordered_until=BATCH_FILES_BY_ID.last_day_before,
        deleted_files_kept_until=LEAVES_ITS_STORES.last_day_before,
    )


# Reported by name, for as long as the API lived (chat_gpt_sdk issue 99, Mar 2024, for the second).
_REFUSED_MODELS: Final = ("gpt-5.1", "gpt-3.5-turbo-0301")
_REFUSED_UNTIL: Final = ((GPT_5_MINI, ("gpt-5-mini",)), (REASONING_MODELS, ("o1", "o3-mini")))


def _refused_models(day: str) -> tuple[str, ...]:
    """Return the models that were refused on a day."""
    early = [name for behavior, names in _REFUSED_UNTIL if not behavior.active_on(day) for name in names]
    return (*_REFUSED_MODELS, *early)
