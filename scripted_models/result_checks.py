"""What is wrong or odd about the results that a script writes for a search."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.domain import search_results
from scripted_models.grammar import steps as g
from scripted_models.problems import Finding, Path, brief, misnamed
from scripted_models.rules import Rule
from scripted_models.templating import is_template, static


def mistakes(step: g.SearchStep) -> Iterator[Finding]:
    """Yield what no client could be shown, each with its path within the step."""
    for number, result in _results(step):
        for path, message in search_results.mistakes(_before_it_is_filled(result)):
            yield Finding(("results", number, *path), Rule.SEARCH_RESULT, message)


def oddities(step: g.SearchStep) -> Iterator[Finding]:
    """Yield what is probably not meant, each with its path within the step."""
    for number, result in _results(step):
        for found in _odd(result):
            yield found.below("results", number)


def with_number(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a result with a number for its score, where that is a text that stands for one, as templates give."""
    try:
        return {**result, "score": float(result["score"])} if isinstance(result.get("score"), str) else result
    except ValueError:
        return result


def _before_it_is_filled(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a result with the score that its template always gives, or with none where that depends on the run."""
    score = result.get("score")
    if isinstance(score, str) and is_template(score):
        return with_number({**result, "score": static(score) or 0})
    return with_number(result)


def _results(step: g.SearchStep) -> Iterator[tuple[int, Mapping[str, Any]]]:
    results: Sequence[Mapping[str, Any]] = () if isinstance(step.results, str) else step.results
    yield from enumerate(results)


def _odd(result: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _unknown(result, (), "a result", search_results.FIELDS)
    content = result.get("content")
    for number, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, Mapping):
            yield from _unknown(part, ("content", number), "a part", search_results.PART_FIELDS)
    score = _before_it_is_filled(result).get("score")
    if isinstance(score, int | float) and not 0 <= score <= 1:
        message = f"a score lies between 0 and 1, got {brief(score)}"
        yield Finding(("score",), Rule.SEARCH_RESULT, message)


def _unknown(of: Mapping[str, Any], path: Path, what: str, known: Sequence[str]) -> Iterator[Finding]:
    for name in of:
        if name not in known:
            message, only = f"{what} has no field {brief(str(name))}", f", only {', '.join(known)}"
            yield misnamed((*path, name), Rule.SEARCH_RESULT, message, str(name), known, otherwise=only)
