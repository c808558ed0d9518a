"""Write curves.csv: CDR and CPR by loan age for each segment, from LendingClub's realised figures.

The figures are those of loans issued 2007 to 2010 within LendingClub's own policy (refresh of 2017 Q3, all resolved).
Run it as `python deals/lendingclub-2010-12/curves.py`; the deal reads what it wrote.
"""

from __future__ import annotations

import csv
from pathlib import Path

MONTHS = 60
CDR_36 = (0.039, 0.058, 0.070)  # realised, 36-month loans, by year of age; the last holds
CPR_36 = (0.107, 0.215, 0.325)
CHARGED_OFF_36 = {"A": 2.93, "B": 5.71, "C": 8.86, "D": 10.35, "E": 12.35, "F": 19.99, "G": 24.96}  # % of funded, all years
FUNDED_36 = {"A": 17.98, "B": 26.96, "C": 18.41, "D": 12.23, "E": 3.78, "F": 1.12, "G": 0.41}  # millions, this tape's balances
CHARGED_OFF_60 = 0.1368  # of funded, 60-month loans of 2010
RATE_60 = 0.149  # a year, their weighted average


def by_age(annual: tuple[float, ...], scale: float = 1.0) -> list[float]:
    """A rate for each month of age from the rates of the years."""
    return [min(1.0, scale * annual[min(month // 12, len(annual) - 1)]) for month in range(MONTHS)]


def charged_off(scale: float) -> float:
    """Share of a new 60-month loan that ever defaults, its hazard `scale` times the 36-month loans'."""
    rate, alive, total = RATE_60 / 12, 1.0, 0.0
    factor = [((1 + rate) ** 60 - (1 + rate) ** month) / ((1 + rate) ** 60 - 1) for month in range(61)]
    for month, (cdr, cpr) in enumerate(zip(by_age(CDR_36, scale), by_age(CPR_36), strict=True)):
        mdr, smm = 1 - (1 - cdr) ** (1 / 12), 1 - (1 - cpr) ** (1 / 12)
        total += factor[month] * alive * mdr
        alive *= (1 - mdr) * (1 - smm)
    return total


def scale_60() -> float:
    """How much higher the 60-month loans' hazard is, so that their realised charge-off comes out (bisection)."""
    low, high = 0.5, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if charged_off(middle) < CHARGED_OFF_60 else (low, middle)
    return low


def main() -> None:
    """Grade by grade: the term's curve times the grade's charge-off over the pool's average."""
    average = sum(CHARGED_OFF_36[g] * FUNDED_36[g] for g in FUNDED_36) / sum(FUNDED_36.values())
    terms = {"36": 1.0, "60": scale_60()}
    columns = {"cpr": by_age(CPR_36)}
    for term, scale in terms.items():
        for grade, charge_off in CHARGED_OFF_36.items():
            columns[f"cdr_{term}_{grade}"] = by_age(CDR_36, scale * charge_off / average)
    with (Path(__file__).parent / "curves.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["age", *columns])
        for month in range(MONTHS):
            writer.writerow([month + 1, *(f"{values[month]:.6f}" for values in columns.values())])


if __name__ == "__main__":
    main()
