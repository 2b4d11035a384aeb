"""What each rule is about and what helps, for whoever reads a finding beside the line that it speaks of."""

from collections.abc import Mapping
from typing import Final

from scripted_models.rules import Rule

EXPLANATIONS: Final[Mapping[Rule, str]] = {
    Rule.SYNTAX: "The text is no YAML or no JSON. Look at the indentation, at brackets and quotes that are not closed,"
    " and at the line above.",
    Rule.UNQUOTED_TEMPLATE: "YAML takes {{ … }} without quotes for a mapping. Put the whole text into quotes.",
    Rule.UNQUOTED_COMMA: "Between brackets a comma ends a value, so that the rest of this text became a key without a"
    " value. Put the text into quotes.",
    Rule.DUPLICATE_KEY: "A mapping has a key twice, and only one of them could count. Remove or rename one.",
    Rule.TOO_LARGE: "Something is longer, deeper or more than a script may be. Long recordings keep their turns in a"
    " file of their own.",
    Rule.UNREADABLE_FILE: "A file is not UTF-8, or cannot be read.",
    Rule.MISSING_FILE: "A file, an image or an export is named that was not sent with the script. Nothing is read from"
    " the server's disk: send the script and its files together, over the control API or with the command line.",
    Rule.NOT_A_SCENARIO: "A scenario is a mapping that begins with emulator: 1 and has turns.",
    Rule.UNKNOWN_KEY: "The format does not know this key, or knows it elsewhere. The hints list the keys of a place.",
    Rule.MISSING_KEY: "A key is needed here and is not there.",
    Rule.UNKNOWN_VERB: "A step has exactly one verb, such as say, call or fail, with its options beside it.",
    Rule.WRONG_TYPE: "The value is of another kind than the format takes here: a text where a list belongs, say.",
    Rule.WRONG_VALUE: "The value is of the right kind, and not one that is allowed here.",
    Rule.TEMPLATE: "A template or a condition cannot be compiled: its syntax is wrong, or a filter or a test does not"
    " exist.",
    Rule.UNKNOWN_NAME: "A template uses a name or a function that nothing provides. There are match, outputs, vars,"
    " params, message, run, thread, assistant and some more.",
    Rule.UNKNOWN_ATTRIBUTE: "run, thread, assistant or a result has no such field.",
    Rule.UNKNOWN_OUTPUT: "outputs has what the calls and tools above have answered, under the name of each or under its"
    " as. No step above this one gives it.",
    Rule.UNSET_VARIABLE: "No set of any turn gives this variable a value.",
    Rule.NO_CAPTURE: "match has the named groups of the turn's regular expressions, written as (?P<name>…). None"
    " captures this.",
    Rule.RESERVED_NAME: "as gives a result a name that already means something in templates. Choose another one.",
    Rule.MISSING_PARAMETER: "A template uses params.NAME, and nobody gives it a value. Give it among the parameters, or"
    " write a default behind it.",
    Rule.UNUSED_PARAMETER: "A parameter has a value, and no script uses it.",
    Rule.NEVER_PLAYED: "A turn stands behind one that fits all the same runs, a step behind the end of its turn, or a"
    " branch behind one without if. Move it up, or give it a higher priority.",
    Rule.UNKNOWN_STATE: "The state is not among the states that the scenario declares.",
    Rule.UNREACHED_STATE: "No turn goes to this state, so what waits for it is never played.",
    Rule.DUPLICATE_NAME: "Two turns or two states have one name. Reports and use counts tell turns apart by names.",
    Rule.REPLACED_SCENARIO: "Another script has a scenario of this name, and the later one takes its place. Give this"
    " one a name of its own if both are to play.",
    Rule.CHAIN: "Something is odd about the chains of recorded turns, such as two that begin alike: then the order in"
    " which threads come decides.",
    Rule.RECORDING: "Something is odd about the values that were recorded beside a turn or a call.",
    Rule.UNKNOWN_FUNCTION: "No fixture assistant offers this function, while they offer others. The run may offer it"
    " all the same.",
    Rule.ARGUMENTS: "The arguments of a call do not fit the JSON Schema of its function.",
    Rule.UNKNOWN_TOOL: "The type of the tool is not known to this server.",
    Rule.TOOL_CALL: "The call lacks something that its tool needs, or gives it what it does not take.",
    Rule.SEARCH_RESULT: "A search result that no client could be shown: it needs a file_id, and scores from 0 to 1.",
    Rule.ANNOTATION: "An annotation that no client could be shown, or that names a text which is not in the message.",
    Rule.STREAM: "The pieces do not add up to their text, or a pace is asked for while the clock stands still.",
    Rule.NO_COUNTERPART: "Responses have nothing like this step, and the turn asks for them with api: responses.",
    Rule.PYTHON: "A script in Python fails or defines nothing; or a python step stands where it is not allowed: scripts"
    " that arrive over HTTP import no code.",
    Rule.UNKNOWN_FIXTURE: "A fixture is named that is not there.",
    Rule.FIXTURE: "The API would refuse to create this object.",
    Rule.ID: "A pinned id is taken already, or has not the prefix that the API gives to objects of its kind.",
}
