"""What pydantic found wrong with a table, in our words: place, value, what was expected, the nearest valid name."""

from __future__ import annotations

import datetime as dt
import re
import types
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from abs_waterfall.errors import Problem, did_you_mean
from abs_waterfall.files.toml import joined

KINDS = {
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "a text",
    "bool_type": "true or false",
    "date_type": "a date such as 2015-06-30, without quotes or a time",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "finite_number": "a finite number",
}
LIMITS = {
    "greater_than": ("gt", "more than {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "less than {}"),
    "less_than_equal": ("le", "{} or less"),
}
PATTERNS = {
    r"^\w+(-\w+)*$": "a name of letters, digits, _ and hyphens between them",
    r"^[^\W\d]\w*$": "a name of letters, digits and _ that does not start with a digit",
    r"^[A-Z]{3}$": "three capital letters such as USD",
}
TYPES: Mapping[object, str] = {str: "a text", float: "a number", int: "a whole number", bool: "true or false"}


def problems_of(errors: Iterable[ErrorDetails], raw: Any, place: str, table: str, model: type[BaseModel]) -> list[Problem]:
    """Pydantic's errors of one table at `place`, one problem a place; `table` is what the deal file calls it."""
    found: dict[tuple[str | int, ...], list[ErrorDetails]] = {}
    for error in errors:
        found.setdefault(path_in(raw, error), []).append(error)
    paths = [path for path in found if not swallowed(path, found)]
    return [Problem(message(found[path], path, table, model), joined(place, *path)) for path in paths]


def path_in(raw: Any, error: ErrorDetails) -> tuple[str | int, ...]:
    """The keys of an error's place that are in the file: pydantic adds the members of unions."""
    path: list[str | int] = []
    for key in error["loc"]:
        if key in keys_in(raw):
            raw = raw[key]
        elif not (error["type"] == "missing" and key == error["loc"][-1]):
            continue
        path.append(key)
    return tuple(path)


def keys_in(value: Any) -> Container[str | int]:
    """What a value can be indexed by."""
    if isinstance(value, list):
        return range(len(value))
    return value if isinstance(value, dict) else ()


def swallowed(path: tuple[str | int, ...], found: Mapping[tuple[str | int, ...], list[ErrorDetails]]) -> bool:
    """Whether all that is said of a value is its type, and more is said of what is in it."""
    deeper = any(len(other) > len(path) and other[: len(path)] == path for other in found)
    return deeper and all(error["type"] in KINDS for error in found[path])


def message(errors: list[ErrorDetails], path: tuple[str | int, ...], table: str, model: type[BaseModel]) -> str:
    """One message for all that is wrong at one place."""
    first = errors[0]
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    if first["type"] == "extra_forbidden":
        return unknown_key(key, table if len(path) == 1 else None, keys_at(model, path[:-1]))
    if first["type"] == "missing":
        return f"missing; expected {wanted(model, path)}"
    if said := [own_words(error) for error in errors if error["type"] not in {*KINDS, "literal_error"}]:
        return "; ".join(dict.fromkeys(said))
    return unlike(errors)


def unknown_key(key: str, table: str | None, known: Iterable[str]) -> str:
    """An unknown key, the nearest one, or all there are where none is near."""
    listed = list(known)
    if table is not None and table.endswith(" step"):
        return f'unknown key "{key}"; {table} takes {", ".join(listed)}.{did_you_mean(key, listed)}'
    return f'unknown key "{key}".{did_you_mean(key, listed) or " Expected one of " + ", ".join(listed)}'


def own_words(error: ErrorDetails) -> str:
    """A message of a model's own, or of a limit, with the value."""
    kind, value, context = error["type"], shown(error["input"]), error.get("ctx", {})
    if kind in LIMITS:
        name, words = LIMITS[kind]
        return f"expected {words.format(plain(context[name]))}, got {value}"
    if kind == "string_pattern_mismatch":
        return f"expected {PATTERNS.get(context['pattern'], 'a text of the form ' + context['pattern'])}, got {value}"
    if kind == "string_too_short":
        return "expected a text that is not empty"
    if kind == "too_short":
        return f"expected at least {context['min_length']} in the list, got {context['actual_length']}"
    if kind == "value_error":
        said = str(context["error"])
        listed = said.removeprefix("expected one of ").split(", ")
        near = did_you_mean(str(error["input"]), listed)
        return f"{said}, got {value}{near and '.' + near}" if said.startswith("expected one of") else said
    return error["msg"]


def unlike(errors: list[ErrorDetails]) -> str:
    """A value of a type, or a word, that may not stand there."""
    literals = [word for error in errors if error["type"] == "literal_error" for word in words_of(error["ctx"]["expected"])]
    kinds = [KINDS[error["type"]] for error in errors if error["type"] in KINDS]
    finite = [kind for kind in kinds if kind == "a finite number"]
    expected = " or ".join(dict.fromkeys(finite or [*choices(literals), *kinds]))
    value = errors[0]["input"]
    near = did_you_mean(value, literals) if isinstance(value, str) else ""
    return f"expected {expected}, got {shown(value)}{near and '.' + near}"


def words_of(expected: str) -> list[str]:
    """The words that pydantic lists as "'a', 'b' or 'c'"."""
    return re.findall(r"'([^']*)'", expected)


def choices(literals: list[str]) -> list[str]:
    """Words to choose from, as one phrase."""
    if len(literals) < 2:
        return [f'"{word}"' for word in literals]
    return [f"one of {', '.join(literals)}"]


def shown(value: Any) -> str:
    """A value as it stands in the file, shortened.

    >>> shown("a" * 80), shown(True), shown([1, 2]), shown({}), shown(1.5)
    ('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."', 'true', 'a list of 2', 'a table', '1.5')
    """
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, dt.datetime):
        return f"the date and time {value.isoformat()}"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else plain(value)


def plain(number: float) -> str:
    """A number without a trailing .0.

    >>> plain(1.0), plain(0.25), plain(-3)
    ('1', '0.25', '-3')
    """
    return f"{number:.0f}" if isinstance(number, float) and number.is_integer() and abs(number) < 1e15 else str(number)


# ------------------------------------------------------------------------------------------------- what the models expect


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that a table may have, in the model's order."""
    return [info.alias or name for name, info in model.model_fields.items()]


def keys_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The keys of the table that stands at a path below a model's table."""
    return [key for found in models_at(model, path) for key in keys_of(found)]


def models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> list[type[BaseModel]]:
    """The models that may stand at a path below a model's table."""
    found = [model]
    for key in path:
        fields = [annotation(inner, key) for inner in found if isinstance(key, str) and key in keys_of(inner)]
        found = [inner for field in fields for inner in models_in(field)] or found
    return found


def annotation(model: type[BaseModel], key: str) -> Any:
    """The annotation of a model's field, by the file's key."""
    return next(info.annotation for name, info in model.model_fields.items() if key == (info.alias or name))


def models_in(annotated: Any) -> Iterator[type[BaseModel]]:
    """The models in a type such as dict[str, Model] or Model | None."""
    if isinstance(annotated, type) and issubclass(annotated, BaseModel) and get_origin(annotated) is None:
        yield annotated
    for inner in get_args(annotated):
        yield from models_in(inner)


def wanted(model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    """What a missing key should hold."""
    key = path[-1]
    for inner in models_at(model, path[:-1]):
        if isinstance(key, str) and key in keys_of(inner):
            return " or ".join(dict.fromkeys(described(annotation(inner, key))))
    return "a value"


def described(annotated: Any) -> list[str]:
    """A type in a few words, one entry a choice."""
    origin = get_origin(annotated)
    if origin is Literal:
        return choices([str(word) for word in get_args(annotated)])
    if origin in (Union, types.UnionType):
        return [words for part in get_args(annotated) if part is not types.NoneType for words in described(part)]
    if annotated is dt.date:
        return ["a date such as 2015-06-30"]
    if hasattr(annotated, "__metadata__"):
        return described(get_args(annotated)[0])
    return [TYPES.get(annotated, "a list" if origin in (list, tuple) else "a table")]
