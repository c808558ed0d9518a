"""All benches: prints the tables and writes RESULTS.md beside this file, with growth.png and scenarios.png.

python benches/run.py --sizes 100000 1000000 --tape 1000000 --runs 3
"""

from __future__ import annotations

import argparse

import of_open_engine
import of_processes
import of_scenarios
import of_strips
import of_tape
from results import FOLDER, plot, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--scenarios", type=int, nargs="+", default=[1, 10, 100, 1_000, 10_000, 100_000])
    parser.add_argument("--tape", type=int, default=10_000_000, help="loans of the long tape")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    of_memory, grown = of_strips.topics(options.sizes, options.runs)
    of_paths, grown_with_paths = of_scenarios.topics(options.scenarios, options.runs)
    topics = [
        *of_memory,
        *of_paths,
        *of_tape.topics(options.tape, options.runs),
        *of_processes.topics(options.runs),
        *of_open_engine.topics(options.runs),
    ]
    write(topics)
    if len(options.sizes) > 1:
        plot(FOLDER / "growth.png", grown, "loans")
    if len(options.scenarios) > 1:
        plot(FOLDER / "scenarios.png", grown_with_paths, "scenarios")
    for topic in topics:
        print(topic.text())


if __name__ == "__main__":
    main()
