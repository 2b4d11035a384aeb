"""File search (v1: retrieval): its shapes, from the options of the tool to the results of a call."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from emulator.tools.body import Body

RANKER: Final = "default_2024_08_21"  # recorded as what `auto` becomes


class RankingOptions(Body):
    """How results are ranked. score_threshold is required where options are given (documented)."""

    score_threshold: float = Field(ge=0, le=1)
    ranker: Literal["auto", "default_2024_08_21"] | None = None
    hybrid_search: None = None  # responses show it, and clients send responses back

    def to_wire(self) -> dict[str, Any]:
        """Return the options as a tool shows them (recorded)."""
        ranker = RANKER if self.ranker in (None, "auto") else self.ranker
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


def call(id: str, tool: Mapping[str, Any] | None, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: A002
    """Return a call as its step shows it; the ranking options are the tool's, without hybrid_search (recorded)."""
    ranking = dict(
        (tool or {}).get("file_search", {}).get("ranking_options") or RankingOptions(score_threshold=0).to_wire()
    )
    ranking.pop("hybrid_search", None)
    found = [_result(result) for result in results]
    return {"id": id, "type": "file_search", "file_search": {"ranking_options": ranking, "results": found}}


def _result(result: Mapping[str, Any]) -> dict[str, Any]:
    content = {"content": result["content"]} if result.get("content") else {}
    return {
        "file_id": result["file_id"],
        "file_name": result.get("file_name") or "",
        "score": float(result.get("score", 0.0)),
        "attributes": result.get("attributes") or {},
        **content,
    }


def opening(index: int, call: dict[str, Any]) -> dict[str, Any]:
    """Return the one delta of a call: results come with the completed step only (recorded, Oct 2025)."""
    search = {**call["file_search"], "results": []}
    return {"index": index, "id": call["id"], "type": "file_search", "file_search": search}


def without_content(call: dict[str, Any]) -> dict[str, Any]:
    """Return a call without the texts found, which only `include[]` shows (recorded)."""
    if call.get("type") != "file_search":
        return call
    results = [{k: v for k, v in result.items() if k != "content"} for result in call["file_search"]["results"]]
    return {**call, "file_search": {**call["file_search"], "results": results}}
