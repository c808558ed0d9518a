"""The words of the deal file's reference, by table of the schema: what each key says, and examples.

They stand in a file of their own, so that a run that shows nobody the reference does not read them.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("words.toml")
OF_STEPS = "step"  # keys that many steps have
NOT_KEYS = ("title", "example")

Words = dict[str, dict[str, str]]


def read_words() -> Words:
    """Everything that is said, by table and key."""
    return tomllib.loads(FILE.read_text("utf-8"))


def said_of(table: str, key: str, words: Words) -> str | None:
    """What is said of a key of a table; of keys that steps share, once for all."""
    return words.get(table, {}).get(key) or words[OF_STEPS].get(key)


def described(schema: dict[str, Any], words: Words) -> dict[str, Any]:
    """The schema with what is said of each key; a key whose model says it has no words here."""
    for table, node in {"Deal": schema, **schema["$defs"]}.items():
        for key, value in node.get("properties", {}).items():
            said = said_of(table, key, words)
            if said:
                value["description"] = said
    return schema
