"""Reading TOML: the text of a deal file as nested tables, or one error that says where and what."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from abs_waterfall.errors import InputError, Problem, did_you_mean

TableOf = dict[str, Any]
LARGEST = 2**63 - 1  # of a TOML integer
TOO_DEEP = 100  # levels; a deal file has six


def read_toml(path: Path) -> TableOf:
    """The tables of a TOML file. Raises InputError, located by line and column where the text is not TOML."""
    text = read_text(path)
    if not text.strip():
        raise InputError.one("the file is empty; expected a deal file (`abs-model new` writes one to start from)", file=str(path))
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise InputError.one(f"nested more than {TOO_DEEP} levels deep", file=str(path)) from None
    except ValueError as fault:
        raise InputError([syntax_problem(fault, text).in_file(str(path))]) from None
    if problems := [problem.in_file(str(path)) for problem in size_problems(tables)]:
        raise InputError(problems)
    return tables


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark."""
    if path.is_dir():
        raise InputError.one(f"a folder; expected a file{inside(path)}", file=str(path))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError.one(f"no such file.{nearest_file(path)}", file=str(path)) from None
    except (OSError, ValueError) as fault:  # ValueError: a null character in the path
        raise InputError.one(f"cannot be read: {reason(fault)}", file=str(path)) from None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise InputError.one("not UTF-8 text; save the file as UTF-8", f"line {line}", str(path)) from None


def reason(fault: Exception) -> str:
    """Why the operating system refused, in its own words."""
    return getattr(fault, "strerror", None) or str(fault)


def nearest_file(path: Path) -> str:
    """' Did you mean "x"?' for the nearest name in the same folder."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f' There is no folder "{path.parent}" either.'
    return did_you_mean(path.name, names)


def inside(folder: Path) -> str:
    """' such as "x/deal.toml"' where the folder holds one."""
    found = sorted(entry.name for entry in folder.glob("*.toml"))
    return f' such as "{folder / found[0]}"' if found else ""


PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
HINTS = {
    "Unescaped '\\'": "; write a path with / or in single quotes",
    "Invalid hex": "; write a path with / or in single quotes",
    "Invalid value": "; texts stand in double quotes, dates as 2015-06-30, true and false in small letters",
    "Cannot declare": "; a table can only be given once, a list of tables has two brackets: [[tranche]]",
    "Exceeds the limit": "a whole number of more than 4300 digits",
}


def syntax_problem(fault: ValueError, text: str) -> Problem:
    """What tomllib found, with its place and the line it stands in."""
    message = str(fault)
    match = PLACE.search(message)
    message = message[: match.start()] if match else message
    for start, hint in HINTS.items():
        if message.startswith(start):
            message = message + hint if hint.startswith(";") else hint
    if match is None or match.group(1) is None:
        return Problem(f"not valid TOML: {message}", "end of the file" if match else "")
    line = text.split("\n")[int(match.group(1)) - 1].strip()
    quoted = line if len(line) <= 60 else f"{line[:57]}..."
    return Problem(f"not valid TOML: {message} (in: {quoted})", f"line {match.group(1)}, column {match.group(2)}")


def size_problems(tables: TableOf) -> Iterator[Problem]:
    """Whole numbers that no TOML file may hold, and nesting that no deal has."""
    for place, value, depth in values_in(tables):
        if depth > TOO_DEEP:
            yield Problem(f"nested more than {TOO_DEEP} levels deep", place.split("[")[0][:60])
            return
        if isinstance(value, int) and abs(value) > LARGEST:
            yield Problem(f"a whole number of {value.bit_length() * 0.30103:.0f} digits; expected one of at most 19", place)


def values_in(tables: TableOf) -> Iterator[tuple[str, Any, int]]:
    """Every value in the tables with its place and depth."""
    stack: list[tuple[str, Any, int]] = [("", tables, 0)]
    while stack:
        place, value, depth = stack.pop()
        yield place, value, depth
        if depth > TOO_DEEP:
            continue
        if isinstance(value, dict):
            stack.extend((joined(place, key), part, depth + 1) for key, part in reversed(value.items()))
        if isinstance(value, list):
            stack.extend((f"{place}[{i}]", value[i], depth + 1) for i in reversed(range(len(value))))


def joined(place: str, *keys: str | int) -> str:
    """A key path, its keys quoted where TOML would quote them.

    >>> joined("scenario", "stress", "segment", "60/C", "cdr", 3)
    'scenario.stress.segment."60/C".cdr[3]'
    """
    for key in keys:
        if isinstance(key, int):
            place += f"[{key}]"
        else:
            quoted = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
            place += f".{quoted}" if place else quoted
    return place
