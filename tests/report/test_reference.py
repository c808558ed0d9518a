"""The reference of the deal file is made from its schema: complete, as printed in the documents, its examples sound.

`pytest tests/report/test_reference.py --rewrite-expected` writes docs/reference.md and the README's table anew.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from abs_waterfall.cli import main
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.steps import VERBS, Step
from abs_waterfall.files.schema import schema
from abs_waterfall.files.words import NOT_KEYS, OF_STEPS, read_words
from abs_waterfall.report.reference import anchor, contents, ordered, reference, title

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "reference.md", ROOT / "README.md"
SCHEMA = schema()
TABLES = {"Deal": SCHEMA, **SCHEMA["$defs"]}
WORDS = read_words()
EXAMPLES = {table: said["example"] for table, said in WORDS.items() if "example" in said}
STEPS = {verb.__name__ for verb in VERBS.values()}
IN_README = re.compile(r"(?<=<!-- the tables -->\n).*?(?=<!-- end -->)", re.DOTALL)


@pytest.mark.parametrize("table", TABLES)
def test_every_key_says_what_it_is(table: str) -> None:
    silent = [key for key, value in TABLES[table].get("properties", {}).items() if not value.get("description")]
    assert not silent, f"no words in files/words.toml for {table}: {silent}"


@pytest.mark.parametrize("table", [table for table in WORDS if table != OF_STEPS])
def test_words_are_of_keys_that_there_are_and_said_once(table: str) -> None:
    by_itself = {"Deal": Deal.model_json_schema(by_alias=True), **Deal.model_json_schema(by_alias=True)["$defs"]}[table][
        "properties"
    ]
    own = [key for key in WORDS[table] if key not in NOT_KEYS]
    assert set(own) <= by_itself.keys()
    assert not [key for key in own if "description" in by_itself[key] and by_itself[key].get("type") not in ("string", None)]


@pytest.mark.parametrize("table", [table for table in TABLES if table != "Deal"])
def test_every_table_has_an_example(table: str) -> None:
    assert table in EXAMPLES


@pytest.mark.parametrize("table", [table for table in EXAMPLES if table not in STEPS])
def test_an_example_is_a_part_of_a_deal_file(table: str) -> None:
    part = tomllib.loads(EXAMPLES[table])
    of_parts = {key: value for key, value in SCHEMA.items() if key != "required"}
    shown = {key: without_required(key, value) for key, value in part.items()}
    assert not list(Draft202012Validator(of_parts).iter_errors(jsonable(shown)))
    for key, value in shown.items():
        TypeAdapter(Deal.model_fields[key].annotation).validate_python(value, strict=True)


def without_required(key: str, value: Any) -> Any:
    """A part of [revolving] shown alone stands in one that says the rest."""
    return {"months": 12, "then": "amortising", **value} if key == "revolving" else value


def jsonable(value: Any) -> Any:
    """Dates as texts, as a validator of JSON takes them."""
    if isinstance(value, dict):
        return {key: jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [jsonable(inner) for inner in value]
    return value if isinstance(value, str | bool | int | float) else str(value)


@pytest.mark.parametrize("step", sorted(STEPS))
def test_the_example_of_a_step_is_one(step: str) -> None:
    (read,) = tomllib.loads(f"steps = [{EXAMPLES[step].strip()}]")["steps"]
    assert type(TypeAdapter(Step).validate_python(read, strict=True)).__name__ == step


def test_links_lead_to_headings() -> None:
    page = reference(SCHEMA)
    headings = {anchor(heading) for heading in re.findall(r"^## (.*)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= headings
    titles = [title(table, TABLES[table]) for table in ordered(SCHEMA)]
    assert len(titles) == len(set(titles)) == len(TABLES) - 1


def test_the_page_is_what_the_schema_says(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["schema", "--markdown"])
    assert ending.value.code == 0
    printed = capfd.readouterr().out
    if request.config.getoption("--rewrite-expected"):
        PAGE.write_text(printed, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == printed


def test_the_readme_lists_the_tables(request: pytest.FixtureRequest) -> None:
    text, listed = README.read_text(encoding="utf-8"), contents(SCHEMA, "docs/reference.md")
    if request.config.getoption("--rewrite-expected"):
        README.write_text(IN_README.sub(lambda _: listed, text), encoding="utf-8")
    assert IN_README.findall(README.read_text(encoding="utf-8")) == [listed]
