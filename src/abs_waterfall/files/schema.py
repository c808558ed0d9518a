"""The JSON Schema of deal files, for editors: what may stand where, with the words of the reference."""

from __future__ import annotations

from typing import Any

from abs_waterfall.deal.model import Deal
from abs_waterfall.files.words import described, read_words

NAMED = ("properties", "$defs")  # where keys are names of the deal file, not words of the schema
RENAMED = {"ge": "minimum", "le": "maximum"}  # what pydantic leaves unsaid in the schema's own words


def schema() -> dict[str, Any]:
    """Describe a deal file by JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "abs-model deal file, version 1",
        **described(tidied(Deal.model_json_schema(by_alias=True)), read_words()),
    }


def tidied(node: Any) -> Any:
    """Leave out titles, nulls (a TOML key is there or not) and patterns that only Python reads right."""
    if isinstance(node, list):
        return [tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if not left_out(key, value)}
    for theirs, ours in RENAMED.items():
        if theirs in kept:
            kept[ours] = kept.pop(theirs)
    if "patternProperties" in kept:
        (kept["additionalProperties"],) = kept.pop("patternProperties").values()
    return without_null({key: by_name(value) if key in NAMED else tidied(value) for key, value in kept.items()})


def by_name(schemas: dict[str, Any]) -> dict[str, Any]:
    """Tidy each of some schemas listed by names of the deal file."""
    return {name: tidied(described) for name, described in schemas.items()}


def left_out(key: str, value: Any) -> bool:
    """Tell whether an entry of pydantic's schema says nothing to an editor."""
    return (
        key == "title"
        or (key == "default" and (value is None or isinstance(value, list | dict)))
        or (key == "pattern" and "\\w" in value)
    )


def without_null(node: dict[str, Any]) -> dict[str, Any]:
    """Reduce "this or null" to "this"."""
    choices = node.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return node
    kept = [choice for choice in choices if choice != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return {**kept[0], **rest} if len(kept) == 1 else {"anyOf": kept, **rest}
