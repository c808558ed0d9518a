"""`abs-model new`: a folder with a commented deal that runs."""

from __future__ import annotations

import json
from pathlib import Path

from abs_waterfall.cli.messages import say
from abs_waterfall.errors import InputError

STARTERS = Path(__file__).parent / "starters"
FILES = {
    "static": {"deal.toml": "static.toml"},
    "tape": {"deal.toml": "tape.toml", "tape.csv": "tape.csv", "timing.csv": "timing.csv"},
    "revolving": {"deal.toml": "revolving.toml"},
}
TITLE = 'name = "Starter"'


def start_deal(name: str, *, like: str, quiet: bool) -> None:
    """Make the folder `name` with a starter deal called the same. InputError where something of that name exists."""
    folder = Path(name)
    if folder.suffix == ".toml":
        raise InputError.one(f'expected the name of a folder to make, such as "{folder.with_suffix("")}"', file=name)
    if folder.exists():
        raise InputError.one("exists already; nothing is overwritten: choose another name", file=name)
    contents = {file: (STARTERS / source).read_text("utf-8") for file, source in FILES[like].items()}
    contents["deal.toml"] = contents["deal.toml"].replace(TITLE, f"name = {json.dumps(folder.name, ensure_ascii=False)}", 1)
    try:
        folder.mkdir(parents=True)
        for file, text in contents.items():
            (folder / file).write_text(text, "utf-8", newline="\n")
    except OSError as fault:
        raise InputError.one(f"cannot be written: {fault.strerror}", file=name) from None
    if not quiet:
        say(f"wrote {', '.join(str(folder / file) for file in contents)}")
        say(f"next: abs-model {folder / 'deal.toml'}")
