"""The JSON Schema of deal files says what the reader says: editors complete and refuse as `abs-model` does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from abs_waterfall.cli import main
from abs_waterfall.cli.starting import STARTERS
from abs_waterfall.files.schema import schema
from errors.wrong import DEAL

DEALS = Path(__file__).parents[2] / "deals"
SHIPPED = sorted([*DEALS.glob("*/deal.toml"), *STARTERS.glob("*.toml")])


def as_json(text: str) -> Any:
    """A TOML file as JSON has it, dates as texts."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def test_the_command_prints_the_schema(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["schema"])
    assert ending.value.code == 0
    printed = json.loads(capfd.readouterr().out)
    Draft202012Validator.check_schema(printed)
    assert printed == schema()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_deal_that_is_shipped_fits_the_schema(path: Path) -> None:
    assert not list(Draft202012Validator(schema()).iter_errors(as_json(path.read_text("utf-8"))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("coupon = 0.04", "coupn = 0.04"),
        ("coupon = 0.04", "coupon = 4.0"),
        ('"monthly"', '"monthy"'),
        ('currency = "USD"', ""),
        ("[[fee]]", "[[fees]]"),
        ('{ draw = "reserve" }', '{ drwa = "reserve" }'),
        ('{ pay = "servicing" }', '{ pay = "servicing", form = "interest" }'),
        ('"30/360"', '"30/365"'),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(old: str, new: str) -> None:
    assert old in DEAL
    assert list(Draft202012Validator(schema()).iter_errors(as_json(DEAL.replace(old, new))))


def test_a_class_may_be_paid_by_its_name_alone_or_in_a_list() -> None:
    payees = schema()["$defs"]["Interest"]["properties"]["interest"]
    assert {choice["type"] for choice in payees["anyOf"]} == {"string", "array"}


def test_the_schema_speaks_the_file_s_words() -> None:
    text = json.dumps(schema())
    assert '"source"' not in text
    assert '"title"' in text[:120]
    assert text.count('"title"') == 1
