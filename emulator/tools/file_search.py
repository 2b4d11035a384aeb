"""File search (v1: retrieval): from the options of the tool to the results of a call."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from emulator.domain.actions import Hits, SearchFiles
from emulator.domain.calls import ToolCall
from emulator.domain.transcript import Progress
from emulator.tools.body import Body
from emulator.tools.json_schema import (
    NULL,
    NUMBER,
    TEXT,
    WHOLE,
    YES_OR_NO,
    Schema,
    array,
    either,
    just,
    mapping,
    shape,
)
from emulator.tools.kind import Doc, Kind, Player
from emulator.tools.unions import chosen, tag

RANKER: Final = "default_2024_08_21"  # recorded as what `auto` becomes
# Documented: how many results a search gives, unless the tool says otherwise.
_RESULTS: Final = 20
_RESULTS_OF_SMALL_MODELS: Final = 5
_RANKING: Final[Mapping[str, Schema]] = {"ranker": TEXT, "score_threshold": NUMBER}


# Tools of March 2025 showed the name with hyphens (recorded), and a store is searched by the last one (documented).
# Clients send tools back as they were shown.
_SHOWN: Final[Mapping[str, str]] = {"default-2024-08-21": RANKER, "default-2024-11-15": "default-2024-11-15"}
Ranker = Annotated[
    Annotated[Literal["default-2024-08-21", "default-2024-11-15"], tag("shown")]
    | Annotated[Literal["auto", "default_2024_08_21"], tag("documented")],
    chosen(lambda value: "shown" if isinstance(value, str) and value in _SHOWN else "documented"),
]


class RankingOptions(Body):
    """How results are ranked. score_threshold is required where options are given (documented)."""

    score_threshold: float = Field(ge=0, le=1)
    ranker: Ranker | None = None
    hybrid_search: None = None  # responses show it, and clients send responses back

    def to_wire(self) -> dict[str, Any]:
        """Return the options as a tool shows them (recorded)."""
        ranker = RANKER if self.ranker in (None, "auto") else _SHOWN.get(self.ranker, self.ranker)
        return {"ranker": ranker, "score_threshold": float(self.score_threshold), "hybrid_search": None}


class FileSearchOptions(Body):
    """Options of the tool."""

    max_num_results: int | None = Field(default=None, ge=1, le=50)
    ranking_options: RankingOptions | None = None


class FileSearchTool(Body):
    """The tool as it is offered."""

    type: Literal["file_search"]
    file_search: FileSearchOptions | None = None

    def to_wire(self) -> dict[str, Any]:
        """Return the tool as the API shows it: max_num_results first, if given (recorded, Oct 2025)."""
        options = self.file_search or FileSearchOptions()
        most = {} if options.max_num_results is None else {"max_num_results": options.max_num_results}
        ranking = options.ranking_options or RankingOptions(score_threshold=0)
        return {"type": "file_search", "file_search": {**most, "ranking_options": ranking.to_wire()}}


class FileSearch(Kind[SearchFiles]):
    """Searches in files: text: the query; about: ranking_options; result: results, best first, and their stores."""

    type = "file_search"
    definition = FileSearchTool
    rank = 3
    words: ClassVar = (SearchFiles,)

    def definition_schema(self) -> Schema:
        """Return the schema of the tool as the API shows it."""
        ranking = shape(_RANKING, hybrid_search=NULL)
        options = shape(max_num_results=WHOLE, ranking_options=ranking, maybe=["max_num_results"])
        return shape(type=just(self.type), file_search=options)

    def call_schema(self) -> Schema:
        """Return the schema of a call as its step shows it."""
        attributes = mapping(either(TEXT, NUMBER, YES_OR_NO))
        content = array(shape(type=just("text"), text=TEXT))
        found = shape(
            file_id=TEXT, score=NUMBER, attributes=attributes, content=content, file_name=TEXT, maybe=["content"]
        )
        search = shape(ranking_options=shape(_RANKING), results=array(found))
        return shape(id=TEXT, type=just(self.type), file_search=search)

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it."""
        results = list((call.result or {}).get("results", ()))
        return {"id": call.id, "type": self.type, "file_search": {**call.about, "results": results}}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the one delta of a call: results come with the completed step only (recorded, Oct 2025)."""
        return {"index": index, "id": call.id, "type": self.type, "file_search": {**call.about, "results": []}}

    def results(self, index: int, call: ToolCall) -> Doc | None:  # noqa: ARG002 - see `opening`
        """Return None: there is no such delta."""
        return None

    def without_content(self, call: Doc) -> Doc:
        """Return a call without the texts found, which only `include[]` shows (recorded)."""
        results = [{k: v for k, v in result.items() if k != "content"} for result in call["file_search"]["results"]]
        return {**call, "file_search": {**call["file_search"], "results": results}}

    def fields(self, call: Doc) -> Doc:
        """Return the fields of a call's document, which does not say what was searched for; the output is the hits."""
        hits = [_hit(result) for result in super().fields(call).get("results", ())]
        return {"output": "\n".join(hits) if hits else None}

    def searched(
        self,
        id: str,  # noqa: A002
        query: str,
        found: Sequence[Mapping[str, Any]],
        options: Mapping[str, Any],
    ) -> ToolCall:
        """Return the call of a search that is over. options: of the tool."""
        # The ranking options are the tool's, without hybrid_search (recorded).
        ranking = dict(options.get("ranking_options") or RankingOptions(score_threshold=0).to_wire())
        ranking.pop("hybrid_search", None)
        result = {"results": tuple(map(_result, found)), "stores": tuple(one.get("vector_store_id") for one in found)}
        return ToolCall(id, self.type, query, {"ranking_options": ranking}, result)

    async def play(self, player: Player, action: SearchFiles, again: Progress) -> Hits:
        """Show a search and its results: those of the script, or those that the run's stores really give."""
        tool = next((tool for tool in player.view.tools if tool["type"] == self.type), {})
        options = tool.get("file_search", {})
        found = await _retrieve(player, action, options) if action.results == "auto" else action.results
        transcript = player.transcript
        player.log_progress(**transcript.begin_calls(again))
        best = found[: action.top] if action.top else found
        call = self.searched(player.new_call_id(), action.query, best, options)
        results = (call.result or {})["results"]
        transcript.open_call(call, streamed=False)
        await player.gate()
        transcript.finish_calls([call], action.query)
        return Hits(results)


async def _retrieve(player: Player, action: SearchFiles, options: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Search the run's stores as its tool says."""
    view = player.view
    few = view.model.startswith("gpt-3.5")
    limit = options.get("max_num_results") or (_RESULTS_OF_SMALL_MODELS if few else _RESULTS)
    threshold = options.get("ranking_options", {}).get("score_threshold", 0.0)
    # v1 attached files to the assistant itself: they are stored under its id.
    stores = [*view.vector_store_ids, view.assistant["id"]]
    return await player.search(stores, action.query, limit=limit, threshold=threshold)


def _hit(result: Mapping[str, Any]) -> str:
    text = " ".join(part.get("text", "") for part in result.get("content") or ())
    name = result.get("file_name") or result["file_id"]
    return f"{name}: {text}" if text else str(name)


def _result(result: Mapping[str, Any]) -> Doc:
    content = {"content": result["content"]} if result.get("content") else {}
    return {
        "file_id": result["file_id"],
        "file_name": result.get("file_name") or "",
        "score": float(result.get("score", 0.0)),
        "attributes": result.get("attributes") or {},
        **content,
    }


KIND = FileSearch()
