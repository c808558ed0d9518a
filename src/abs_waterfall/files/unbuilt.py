"""The parts of the deal language that this version does not run, so that a file that uses one is told so.

A test keeps the lists free of anything that is built.
"""

from __future__ import annotations

TABLES: frozenset[str] = frozenset()
VERBS: frozenset[str] = frozenset()
KEYS: dict[str, frozenset[str]] = {}
NAMES: frozenset[str] = frozenset()
"""Names that formulas read, beside those that begin with one of TABLES."""


def not_built(what: str) -> str:
    """The message for a part of the language that is not built."""
    return f'"{what}" is part of the deal language but is not built in this version'


def unbuilt_key(table: str, key: str) -> bool:
    """Whether a key of a table ("" for the tables of the file, "step" for a step) is one that is not built."""
    if table in ("", "step"):
        return key in (VERBS if table else TABLES)
    return key in KEYS.get(table, frozenset())


def unbuilt_name(name: str) -> bool:
    """Whether a name in a formula reads what is not built."""
    return name in NAMES or name.split(".", maxsplit=1)[0] in TABLES
