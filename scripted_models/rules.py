"""The rules that scripts are checked by: each kind of finding has a name that stays, for editors, reports and filters.

docs/lint.md says what each of them finds.
"""

from enum import StrEnum


class Rule(StrEnum):
    """The name of a kind of finding."""

    # How the file is written.
    SYNTAX = "syntax"
    UNQUOTED_TEMPLATE = "unquoted-template"
    DUPLICATE_KEY = "duplicate-key"
    TOO_LARGE = "too-large"
    UNREADABLE_FILE = "unreadable-file"
    MISSING_FILE = "missing-file"
    # The words of the format.
    NOT_A_SCENARIO = "not-a-scenario"
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    UNKNOWN_VERB = "unknown-verb"
    WRONG_TYPE = "wrong-type"
    WRONG_VALUE = "wrong-value"
    # Templates and the names in them.
    TEMPLATE = "template"
    UNKNOWN_NAME = "unknown-name"
    UNKNOWN_ATTRIBUTE = "unknown-attribute"
    UNKNOWN_OUTPUT = "unknown-output"
    UNSET_VARIABLE = "unset-variable"
    NO_CAPTURE = "no-capture"
    RESERVED_NAME = "reserved-name"
    MISSING_PARAMETER = "missing-parameter"
    UNUSED_PARAMETER = "unused-parameter"
    # Turns and their order.
    NEVER_PLAYED = "never-played"
    UNKNOWN_STATE = "unknown-state"
    UNREACHED_STATE = "unreached-state"
    DUPLICATE_NAME = "duplicate-name"
    REPLACED_SCENARIO = "replaced-scenario"
    CHAIN = "chain"
    RECORDING = "recording"
    # What steps do.
    UNKNOWN_FUNCTION = "unknown-function"
    ARGUMENTS = "arguments"
    UNQUOTED_COMMA = "unquoted-comma"
    UNKNOWN_TOOL = "unknown-tool"
    TOOL_CALL = "tool-call"
    SEARCH_RESULT = "search-result"
    ANNOTATION = "annotation"
    STREAM = "stream"
    NO_COUNTERPART = "no-counterpart"
    PYTHON = "python"
    # Fixtures.
    UNKNOWN_FIXTURE = "unknown-fixture"
    FIXTURE = "fixture"
    ID = "id"
