"""The named rules by which two values that differ count as equal: what the two APIs spell in different ways."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from emulator.domain.parity import same_files, same_settings, same_texts, same_tools
from emulator.domain.parity.sides import Values

Check = Callable[[Values], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. cases: fields, ``*`` standing for any text, each with what decides whether two values of it are equal."""

    name: str
    description: str
    cases: tuple[tuple[str, Check], ...]

    def covers(self, values: Values) -> bool:
        """Return whether two values that differ count as equal."""
        return any(matches(pattern, values.field) and is_equal(values) for pattern, is_equal in self.cases)


def rule_for(values: Values, rules: Sequence[Rule]) -> str | None:
    """Return the name of the first rule by which two values count as equal; None: they differ."""
    return next((rule.name for rule in rules if rule.covers(values)), None)


def matches(pattern: str, field: str) -> bool:
    """Return whether a field is meant by a pattern, in which ``*`` stands for any text and ``?`` for any character."""
    return _compiled(pattern).fullmatch(field) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(one, re.escape(one)) for one in pattern), re.DOTALL)


def _each(fields: str, check: Check) -> tuple[tuple[str, Check], ...]:
    return tuple((field, check) for field in fields.split())


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "ids",
        "Ids of objects, and paths that hold them, are not compared. Files and stores go by the names of their files.",
        _each("object request files.ids stores.ids", same_settings.always),
    ),
    Rule(
        "nulls",
        "What is null, absent or empty is the same, in metadata and in options as well.",
        _each("*", same_settings.are_both_nothing),
    ),
    Rule(
        "whitespace",
        "White space at the ends of texts does not count.",
        _each(
            "instructions messages[*].text text refusal call.output code code.output search", same_texts.differ_at_ends
        ),
    ),
    Rule(
        "markers",
        "Where a text of Assistants has the marker of a citation, one of Responses has an index and no marker; how many"
        " spaces are left there does not count.",
        _each("messages[*].text text", same_texts.differ_by_markers),
    ),
    Rule(
        "joined instructions",
        "Additional instructions, which a port has to append by itself, may be appended with any white space.",
        _each("instructions", same_texts.are_joined_differently),
    ),
    Rule(
        "instruction items",
        "A system or developer message stands for instructions if the model is given the same text, and once.",
        _each("instruction_items", same_settings.always),
    ),
    Rule(
        "own texts",
        "What the model has said in the turn itself is among the messages of a later response, and not among those of a"
        " run.",
        _each("messages.own", same_settings.always),
    ),
    Rule(
        "model aliases",
        "The alias of a model is the snapshot that it stands for: gpt-4o is gpt-4o-2024-08-06.",
        _each("model", same_settings.are_aliases),
    ),
    Rule(
        "flat functions",
        "Functions, choices of functions and JSON schemas of texts are nested in Assistants and flat in Responses.",
        (
            *_each("tools.*", same_tools.are_tools_laid_flat),
            *_each("tool_choice", same_tools.are_choices_laid_flat),
            *_each("response_format", same_tools.are_formats_laid_flat),
        ),
    ),
    Rule(
        "strict default",
        "Functions and schemas are strict in Responses unless a request says strict: false, and not strict in"
        " Assistants unless it says true. What the service makes of a schema then (objects closed, all properties"
        " required) counts as equal, as long as there was no property that could be left out.",
        (
            *_each("tools.*.strict", same_tools.is_strict_by_default),
            *_each("tools.*.parameters", same_tools.is_schema_made_strict),
            *_each("response_format", same_tools.is_format_made_strict),
        ),
    ),
    Rule(
        "no parameters",
        "A function without parameters is one with the schema of an object that has no properties.",
        _each("tools.*.parameters", same_tools.have_no_parameters),
    ),
    Rule("tool order", "Tools may be listed in any order.", _each("tools", same_settings.always)),
    Rule(
        "defaults",
        "What a request does not say is what the API takes for it: temperature 1.0, top_p 1.0 (0.98 for models that"
        " have it), the model's own reasoning_effort, tool_choice auto, parallel calls, text as the format, 20 results"
        " of a search and its usual ranking.",
        (
            *_each("temperature", same_settings.are_default_temperatures),
            *_each("top_p", same_settings.are_default_top_ps),
            *_each("reasoning_effort", same_settings.are_default_efforts),
            *_each("tool_choice", same_tools.are_choices_left),
            *_each("parallel_tool_calls", same_settings.are_parallel),
            *_each("response_format", same_tools.are_plain_formats),
            *_each("tools.file_search.max_num_results", same_tools.have_as_many_results),
            *_each("tools.file_search.ranking_options", same_tools.rank_alike),
        ),
    ),
    Rule(
        "forced choice",
        "A tool_choice that forces a call counts for the first request of a turn; a later one, which brings the"
        " outputs, may leave it to the model.",
        _each("tool_choice", same_tools.is_forced_once),
    ),
    Rule(
        "truncation",
        "auto, disabled and last_messages are the same where nothing was cut, or where the program has cut as much.",
        _each("truncation.uncut", same_settings.always),
    ),
    Rule(
        "attached files",
        "A file that was attached to a message may stand in a vector store or a container of its own instead, and the"
        " other way round, as long as the model reaches it.",
        _each("messages[*].files", same_files.are_reached_otherwise),
    ),
    Rule(
        "whole files",
        "A file that the tools of Assistants read may be given to the model itself, as part of a message.",
        _each("files.*", same_files.are_given_whole),
    ),
    Rule(
        "files by name",
        "It does not count how many stores a file is in, nor how often, but by which tools the model reaches it.",
        _each("files stores", same_settings.always),
    ),
    Rule(
        "inlined images",
        "An image may be sent as data or by its address in place of a file: as many have to be there.",
        _each("messages[*].files", same_files.are_pictures),
    ),
    Rule(
        "drawn images",
        "Images that code has drawn, and files that it has written, stand in the message of an assistant, but in a"
        " container of a response.",
        _each("drawn.files drawn.images text.images text.cited", same_files.are_drawn),
    ),
    Rule(
        "metadata places",
        "Where there is no conversation, a pair of the thread's metadata may be one of each response, and the other way"
        " round.",
        _each("metadata.* dialogue_metadata.*", same_settings.is_kept_elsewhere),
    ),
    Rule(
        "assistants",
        "Responses have no assistants: what one was called is not compared.",
        _each("assistant", same_settings.across_apis),
    ),
    Rule(
        "arguments",
        "Arguments of calls are compared as JSON: neither the order of keys nor spaces count.",
        _each("call.arguments", same_texts.are_the_same_json),
    ),
    Rule(
        "queries",
        "Assistants do not show what was searched for.",
        _each("search", same_settings.is_not_shown_by_assistants),
    ),
    Rule(
        "ranking",
        "What a search found and what a text cites are compared as names of files, without their order.",
        _each("search.found text.cited", same_settings.hold_the_same),
    ),
    Rule(
        "reasons",
        "max_completion_tokens and max_output_tokens are the same reason of an end.",
        _each("reason", same_settings.are_reasons_renamed),
    ),
    Rule(
        "dialogues",
        "A turn that begins a dialogue of its own goes on with the one before if its model is given the same messages.",
        _each("continued.same", same_settings.always),
    ),
)
