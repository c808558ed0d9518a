"""The house plan holds: nothing imports upward, nothing heavy is imported before it is needed, the names on the door stay."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import abs_waterfall
from abs_waterfall.collateral.kernels.compiling import FEW

SOURCE = Path(abs_waterfall.__file__).parent
FLOORS = {
    "errors": 0,
    "arrays": 0,
    "threads": 0,
    "cluster": 0,
    "rates": 1,
    "timeline": 1,
    "calendars": 1,
    "formulas": 1,
    "synthetic": 2,
    "pool": 2,
    "assumptions": 2,
    "deal": 2,
    "collateral": 3,
    "files": 3,
    "waterfall": 4,
    "measures": 5,
    "result": 6,
    "pipeline": 6,
    "simulation": 6,
    "report": 6,
    "cli": 7,
}
MODULES = sorted(SOURCE.rglob("*.py"))


def room(module: str) -> str:
    """The room a module is in: abs_waterfall.deal.model -> deal."""
    return [*module.split("."), ""][1]


def name_of(path: Path) -> str:
    parts = ["abs_waterfall", *path.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module of ours that a file imports, at the top, inside functions or for types alone."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "abs_waterfall")
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            if module == "abs_waterfall":
                yield from (f"abs_waterfall.{alias.name}" for alias in node.names)
            elif module.startswith("abs_waterfall."):
                yield module


def test_every_room_has_a_floor() -> None:
    assert {room(name_of(path)) for path in MODULES} - {""} <= FLOORS.keys()


@pytest.mark.parametrize("path", [path for path in MODULES if room(name_of(path))], ids=name_of)
def test_nothing_imports_upward(path: Path) -> None:
    here = FLOORS[room(name_of(path))]
    above = [module for module in imports(path) if room(module) in FLOORS and FLOORS[room(module)] > here]
    assert not above


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    known = {name_of(path) for path in MODULES}
    graph = {name_of(path): {module for module in imports(path) if module in known} for path in MODULES}
    while leaves := [name for name, wanted in graph.items() if not wanted & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert set(graph) == set()


# ----------------------------------------------------------------------------------------------------------- what is loaded

HEAVY = {"numpy", "numba", "pandas", "scipy", "pydantic", "pyarrow", "openpyxl", "xlsxwriter"}
STARTER = SOURCE / "cli" / "starters" / "static.toml"


LINES = [f'[[pool.line]]\nbalance = 1_000\nannual_rate = 0.1\nremaining_term = 60\nsegment = "s{i}"\n' for i in range(FEW // 60)]


def loaded_by(*arguments: str) -> set[str]:
    """The packages that a command has imported when it ends, in an interpreter of its own."""
    return {name.split(".")[0] for name in modules_of(*arguments)}


def modules_of(*arguments: str) -> set[str]:
    """The modules that it has imported."""
    code = (
        "import sys\n"
        "from abs_waterfall.cli import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit as ending:\n"
        "    assert not ending.code, ending.code\n"
        "print('loaded', *sys.modules, file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ran.stderr.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", ["--help", "--version"])
def test_help_answers_without_loading_what_a_run_needs(arguments: str) -> None:
    assert not loaded_by(arguments) & HEAVY


def test_the_help_of_a_command_loads_no_more_than_typer_does() -> None:
    assert not loaded_by("run", "--help") & (HEAVY - {"pydantic"})  # which typer reads options with


def test_help_loads_no_rich() -> None:
    assert "rich" not in loaded_by("--help")


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, abs_waterfall; print(*{name.split('.')[0] for name in sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(ran.stdout.split()) & (HEAVY | {"typer", "rich"})


def test_a_run_of_lines_loads_no_scipy_no_pandas_and_no_reader_of_tapes(tmp_path: Path) -> None:
    loaded = loaded_by(str(STARTER), "--json", str(tmp_path / "results.json"), "--quiet")
    assert not loaded & {"scipy", "pandas", "pyarrow", "openpyxl", "xlsxwriter", "holidays", "rich", "numba", "llvmlite"}


def test_only_much_work_loads_the_compiler(tmp_path: Path) -> None:
    deal = STARTER.read_text("utf-8").replace("[[tranche]]", "".join(LINES) + "[[tranche]]", 1)
    (tmp_path / "deal.toml").write_text(deal, "utf-8")
    assert "numba" in loaded_by(str(tmp_path / "deal.toml"), "--json", str(tmp_path / "results.json"), "--quiet")


def test_a_calendar_loads_its_own_country_alone(tmp_path: Path) -> None:
    deal = STARTER.read_text("utf-8").replace("[dates]", '[dates]\ncalendar = "CN"', 1)
    (tmp_path / "deal.toml").write_text(deal, "utf-8")
    loaded = modules_of(str(tmp_path / "deal.toml"), "--json", str(tmp_path / "results.json"), "--quiet")
    assert "holidays.countries.china" in loaded
    assert "holidays.countries.united_states" not in loaded


def test_a_run_of_a_tape_to_the_term_sheet_loads_no_scipy_and_no_pandas(tmp_path: Path) -> None:
    tape = STARTER.with_name("tape.toml")
    assert not loaded_by(str(tape), "-o", str(tmp_path / "sheet.xlsx"), "--quiet") & {
        "scipy",
        "pandas",
        "openpyxl",
        "numba",
        "rich",
    }


# ----------------------------------------------------------------------------------------------------------------- the door


def test_the_exported_names() -> None:
    assert abs_waterfall.__all__ == ["Deal", "InputError", "Result", "__version__", "load", "run"]
    assert all(getattr(abs_waterfall, name) is not None for name in abs_waterfall.__all__)
    assert set(abs_waterfall.__all__) <= set(dir(abs_waterfall))


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        _ = abs_waterfall.laod
