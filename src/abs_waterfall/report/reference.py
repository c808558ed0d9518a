"""The reference of the deal file in Markdown, made from its schema: every table, key, default and an example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from abs_waterfall.files.words import read_words

Node = dict[str, Any]

HEAD = """\
# Every table and key of the deal file

Made from the schema by `abs-model schema --markdown`. [The deal file](deal-file.md) tells how they work together, and names what
formulas may read. A key without a default is required where it is in **bold**, and may be left out otherwise.
"""
KINDS = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false", "object": "table"}


def reference(schema: Node) -> str:
    """All tables, those of the file first, each followed by what stands in it."""
    words, tables = read_words(), schema["$defs"]
    parts = [HEAD, "\n## The tables\n", contents(schema)]
    for table in ordered(schema):
        parts += [f"\n## {title(table, tables[table])}\n", explained(tables[table]), keys(tables[table], tables)]
        if example := words[table].get("example"):
            parts.append(f"\n```toml\n{example.strip()}\n```\n")
    return "".join(f"{part}\n" if not part.endswith("\n") else part for part in parts)


def contents(schema: Node, page: str = "") -> str:
    """A line a table: what it holds, and its keys; linked to `page`."""
    lines = ["| table | holds | keys |", "|---|---|---|"]
    tables = schema["$defs"]
    for table in ordered(schema):
        name = title(table, tables[table])
        listed = ", ".join(f"`{key}`" for key in tables[table].get("properties", {}))
        lines.append(f"| [`{name}`]({page}#{anchor(name)}) | {summary(tables[table])} | {listed} |")
    return "\n".join(lines) + "\n"


def ordered(schema: Node) -> list[str]:
    """The tables as a reader meets them: depth first, each once."""
    found: list[str] = []
    for table in referred(schema["properties"]):
        follow(table, schema["$defs"], found)
    return found


def follow(table: str, tables: Node, found: list[str]) -> None:
    """Add a table and those that stand in it."""
    if table in found:
        return
    found.append(table)
    for inner in referred(tables[table]):
        follow(inner, tables, found)


def referred(node: Any) -> Iterator[str]:
    """The tables that a part of the schema points at, in order."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rsplit("/", 1)[-1]
        for key, value in node.items():
            if key != "discriminator":
                yield from referred(value)
    elif isinstance(node, list):
        for value in node:
            yield from referred(value)


def title(table: str, node: Node) -> str:
    """What a reader calls a table: as the file writes it; a step by its verb."""
    if named := read_words()[table].get("title"):
        return named
    if heading := re.match(r"(\[.*\]):", node.get("description", "")):
        return heading.group(1)
    return "_".join(re.findall("[A-Z][a-z]*", table)).lower()


def summary(node: Node) -> str:
    """The first sentence of what a table is."""
    return explained(node).split("\n")[0]


def explained(node: Node) -> str:
    """What a table is, without its heading."""
    said = re.sub(r"^\[.*?\]+: ", "", node.get("description", ""))
    return said[:1].upper() + said[1:]


def anchor(name: str) -> str:
    """Where a heading stands in the page."""
    return re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-")


def keys(node: Node, tables: Node) -> str:
    """A table's keys: what each takes, its default and what it says."""
    needed = node.get("required", ())
    lines = ["", "| key | takes | default | says |", "|---|---|---|---|"]
    for key, value in node.get("properties", {}).items():
        name = f"**`{key}`**" if key in needed else f"`{key}`"
        lines.append(f"| {name} | {taken(value, tables)} | {default(value)} | {value.get('description', '')} |")
    return "\n".join(lines) + "\n"


def default(node: Node) -> str:
    """A key's default as TOML writes it."""
    if "default" not in node:
        return ""
    return as_toml(node["default"])


def as_toml(value: Any) -> str:
    """A plain value as the file writes it."""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def taken(node: Node, tables: Node) -> str:
    """What a key takes, in words."""
    if "$ref" in node:
        name = node["$ref"].rsplit("/", 1)[-1]
        return f"[{title(name, tables[name])}](#{anchor(title(name, tables[name]))})"
    if choices := node.get("anyOf") or node.get("oneOf"):
        return ", ".join(dict.fromkeys(taken(choice, tables) for choice in choices))
    if "enum" in node or "const" in node:
        return ", ".join(
            f"`{str(value).lower() if isinstance(value, bool) else value}`" for value in node.get("enum", [node.get("const")])
        )
    if node.get("type") == "array":
        return listed(node, tables)
    if node.get("type") == "object" and isinstance(node.get("additionalProperties"), dict):
        return f"names, each with {taken(node['additionalProperties'], tables)}"
    return simple(node)


def listed(node: Node, tables: Node) -> str:
    """A list, or a pair."""
    if "prefixItems" in node:
        return "a pair of " + " and ".join(taken(item, tables) for item in node["prefixItems"])
    return f"list of {taken(node['items'], tables)}"


def simple(node: Node) -> str:
    """A number with its bounds, a date or a text."""
    kind = "date" if node.get("format") == "date" else KINDS.get(node.get("type", ""), "any")
    signs = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    bounds = [f"{sign} {node[bound]:g}" for bound, sign in signs.items() if bound in node]
    form = node.get("description") if node.get("type") == "string" and "default" not in node else None
    return " ".join([kind, *bounds]) if not form or "csv" not in form.lower() else f"text ({form})"
