"""Whether the arguments of a call fit the JSON Schema of its function, and if not, where and what is expected there."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache, wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from emulator.domain.drift import ABSENT, MOST_LINES, Difference, below, shortened

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_TYPES: Final = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_BOUNDS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} fields",
    "maxProperties": "at most {} fields",
    "pattern": "a text that matches {}",
    "const": "{}",
}
_MOST_NAMED: Final = 8
_MOST_WORDS: Final = 200
# Seconds for one search: a pattern may take for ever, and a request waits for it.
_SEARCH: Final = 0.05
_Keyword = Callable[[Any, Any, Any, Any], "Iterable[ValidationError] | None"]


def misfits(arguments: str, schema: Any) -> list[Difference]:
    """Return where the arguments of a call do not fit a schema; ``got`` is what it expects, in words.

    A keyword that is wrong itself fits everything, and so does a reference out of the schema: nothing is looked up.
    """
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return [Difference("$", arguments, "expected JSON")]
    if not isinstance(schema, dict):
        return []
    try:
        errors = list(islice(_validator(orjson.dumps(schema)).iter_errors(value), 5 * MOST_LINES))
    except (RecursionError, TypeError):  # without an end, nested too deeply, or no JSON
        return []
    found = [one for error in errors for one in _differences(error)]
    return list({(one.path, one.got): one for one in found}.values())  # branches may expect the same


# --- the words of an error ------------------------------------------------------------------------------------------


def _differences(error: "ValidationError") -> Iterator[Difference]:
    """Yield what an error says; of branches, what the only one of them says that could be meant."""
    here = "$"
    for part in error.absolute_path:
        here = f"{here}[{part}]" if isinstance(part, int) else below(here, str(part))
    if error.validator == "required":
        yield Difference(here, ABSENT, error.message)
    elif not error.context:
        yield Difference(here, error.instance, f"expected {_expected(error)}")
    elif (meant := _meant(error.context)) is not None:
        for one in meant:
            yield from _differences(one)
    else:
        forms = dict.fromkeys(_expected(one) for one in error.context if not one.path)
        several = " or ".join(forms) if forms else f"one of {len(cast('Sequence[Any]', error.validator_value))} forms"
        yield Difference(here, error.instance, f"expected {shortened(several, _MOST_WORDS)}")


def _meant(errors: "Iterable[ValidationError]") -> "list[ValidationError] | None":
    """Return the errors of the branch that is meant, if only one has the value's type, or none of its constants."""
    branches: dict[Any, list[ValidationError]] = {}
    for error in errors:
        branches.setdefault(error.schema_path[0], []).append(error)
    typed = [of for of in branches.values() if not any(one.validator == "type" and not one.path for one in of)]
    named = [of for of in typed if not any(one.validator in ("const", "enum") for one in of)]
    return typed[0] if len(typed) == 1 else named[0] if len(named) == 1 else None


def _expected(error: "ValidationError") -> str:
    keyword, value = str(error.validator), cast("Any", error.validator_value)
    if keyword == "type":
        kinds = [value] if isinstance(value, str) else value
        return " or ".join(_TYPES.get(kind, str(kind)) for kind in kinds)
    if keyword == "enum":
        more = ", …" if len(value) > _MOST_NAMED else ""
        return shortened(f"one of {', '.join(_json(one) for one in value[:_MOST_NAMED])}", _MOST_WORDS) + more
    if keyword in _BOUNDS:
        return _BOUNDS[keyword].format(value if isinstance(value, str) and keyword == "pattern" else _json(value))
    if keyword == "additionalProperties":
        return error.message
    return {"uniqueItems": "no item twice", "not": "another value", "None": "nothing"}.get(
        keyword, f"what its {keyword} allows"
    )


def _json(value: Any) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), _MOST_WORDS)


# --- keywords -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def _validator(text: bytes) -> "Validator":
    from referencing import Registry  # noqa: PLC0415 - as below

    schema = orjson.loads(text)
    kind = _dialect(schema)
    schema.pop("$schema", None)  # by which the library would leave the dialect that was chosen
    validator: Validator = kind(schema, registry=Registry())
    return validator


def _dialect(schema: dict[str, Any]) -> Any:
    """Return the validator of the dialect that a schema names, or is written in; of the newest where that is none."""
    from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator  # noqa: PLC0415 - as below
    from jsonschema.validators import validator_for  # noqa: PLC0415

    kinds = (Draft202012Validator, Draft7Validator, Draft4Validator)
    named: Any = validator_for(schema, default=kinds[0]) if isinstance(schema.get("$schema"), str) else kinds[0]
    fits = (
        kind
        for kind in dict.fromkeys((named, *kinds))
        if next(kind(kind.META_SCHEMA).iter_errors(schema), None) is None
    )
    return _tolerant(next(fits, named))


@cache
def _tolerant(kind: Any) -> Any:
    """Return a validator whose keywords say what is expected, and fit everything where they are wrong themselves."""
    from jsonschema.validators import extend  # noqa: PLC0415 - what only recordings need is loaded with the first one

    own = {name: _or_nullable(kind, name) for name in ("type", "enum")}
    own |= {name: _of_branches(kind, name) for name in ("anyOf", "oneOf")}
    if kind.VALIDATORS["required"].__name__ == "required":
        own |= {"required": _required, "additionalProperties": _additional(kind), "pattern": _pattern}
    make: Any = extend
    return make(kind, {name: _forgiving(keyword) for name, keyword in {**kind.VALIDATORS, **own}.items()})


def _forgiving(keyword: _Keyword) -> _Keyword:
    @wraps(keyword)
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
        try:
            yield from keyword(validator, value, instance, schema) or ()
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001 - whatever a keyword of the wrong form brings about
            return

    return check


def _or_nullable(kind: Any, name: str) -> _Keyword:
    """Return a keyword that takes null where the schema says so as OpenAPI does."""
    keyword: _Keyword = kind.VALIDATORS[name]

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> "Iterable[ValidationError] | None":
        is_null = instance is None and schema.get("nullable") is True
        return () if is_null else keyword(validator, value, instance, schema)

    return check


def _of_branches(kind: Any, name: str) -> _Keyword:
    """Return a keyword that fits everything where it has no branches."""
    keyword: _Keyword = kind.VALIDATORS[name]

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> "Iterable[ValidationError] | None":
        return keyword(validator, value, instance, schema) if isinstance(value, list) and value else ()

    return check


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":  # noqa: ARG001
    """Yield an error where the missing field would be."""
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    for name in names if isinstance(instance, dict) and isinstance(names, list) else ():
        if name not in instance:
            properties = schema.get("properties")
            kind = (properties.get(name) or {}).get("type") if isinstance(properties, dict) else None
            what = _TYPES.get(kind, "it") if isinstance(kind, str) else "it"
            yield ValidationError(f"{what} is required", path=(name,))


def _additional(kind: Any) -> _Keyword:
    """Return the keyword that yields an error for each field that there may not be."""
    keyword: _Keyword = kind.VALIDATORS["additionalProperties"]

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
        from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

        if value is not False or not isinstance(instance, dict):
            yield from keyword(validator, value, instance, schema) or ()
            return
        known = schema.get("properties") or {}
        patterns = schema.get("patternProperties") or {}
        for name, item in instance.items():
            if name not in known and not any(_finds(pattern, name) for pattern in patterns):
                few = ", ".join(list(known)[:_MOST_NAMED]) + (", …" if len(known) > _MOST_NAMED else "")
                message = shortened(f"one of the fields {few}" if known else "no field", _MOST_WORDS)
                yield ValidationError(message, path=(name,), instance=item)

    return check


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":  # noqa: ARG001
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    if isinstance(instance, str) and not _finds(pattern, instance):
        yield ValidationError("pattern")


def _finds(pattern: str, text: str) -> bool:
    """Return whether a pattern is found in a text; it is taken to be where the search takes too long."""
    import regex  # type: ignore[import-untyped]  # noqa: PLC0415 - as above

    try:
        return regex.search(pattern, text, timeout=_SEARCH) is not None
    except TimeoutError:
        return True
