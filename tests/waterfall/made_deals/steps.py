"""The steps of a waterfall."""

from __future__ import annotations

from random import Random
from typing import Any

from waterfall.made_deals.formulas import amounts, conditions
from waterfall.made_deals.interest import lines

Table = dict[str, Any]


def steps(rnd: Random, raw: Table, mode: str) -> list[Table]:
    """A waterfall in the usual order with anything strewn in, its funds named or not."""
    notes = [t["name"] for t in raw["tranche"]]
    listed = [{"draw": a["name"]} for a in raw["account"] if rnd.random() < 0.5]
    listed += [{"swap": h["name"]} for h in raw["hedge"] if rnd.random() < 0.8]
    listed += [{"pay": f["name"]} for f in [*raw["fee"], *raw["facility"]] if rnd.random() < 0.8]
    for name in notes:
        listed += [{"interest": name}] if bears(raw, name) and rnd.random() < 0.9 else []
        listed += [{"interest": line} for line in lines_of(raw, name) if line != name and rnd.random() < 0.8]
        listed += [{"principal": name}] if rnd.random() < 0.3 else []
    listed += [{"repay": f["name"]} for f in raw["facility"] if f.get("owed", True) and rnd.random() < 0.8]
    listed += [to_plan(schedule) for schedule in raw["schedule"] if "tranches" in schedule and rnd.random() < 0.7]
    listed += [{"fill": [a["name"]]} for a in raw["account"] if "target" in a and rnd.random() < 0.6]
    listed += [{"principal": with_group(rnd, raw, notes)}] if rnd.random() < 0.8 else []
    for _ in range(rnd.randint(0, 4)):
        listed.insert(rnd.randint(0, len(listed)), strewn(rnd, raw))
    listed += losses(rnd, raw)
    if "revolving" in raw and (mode == "plain" or rnd.random() < 0.3):
        listed.insert(rnd.randint(0, len(listed)), {"purchase": "pool"})
    residuals = [t["name"] for t in raw["tranche"] if t["residual"]]
    if "SELLER" in residuals and rnd.random() < 0.8:
        listed.insert(rnd.randint(0, len(listed)), {"residual": "SELLER"})
    listed += [{"residual": residuals[0]}] if residuals else []
    listed = listed or [{"principal": notes[0]}]
    named = rnd.random() < 0.5
    for i, step in enumerate(listed):
        terms(rnd, raw, step, named=named)
        if rnd.random() < 0.2:
            step["name"] = f"{mode}_{i}"
    return listed


def to_plan(schedule: Table) -> Table:
    """Principal down to a planned balance."""
    named = schedule["tranches"]
    listed = [named] if isinstance(named, str) else named
    return {"principal": listed, "amount": f"{' + '.join(f'tranche.{n}.balance' for n in listed)} - schedule.{schedule['name']}"}


def losses(rnd: Random, raw: Table) -> list[Table]:
    """Debits, cures, write-downs and write-ups."""
    notes = [t["name"] for t in raw["tranche"]]
    listed: list[Table] = []
    for ledger in raw["ledger"]:
        name = rnd.choice([ledger["name"], *(f"{ledger['name']}.{c}" for c in ledger.get("tranches", ()))])
        listed.append({"debit": ledger["name"], "amount": rnd.choice(("pool.default", "pool.loss", "0.1 * pool.principal"))})
        listed.append({"cure": name})
    if rnd.random() < 0.3:
        order = rnd.sample(notes, rnd.randint(1, len(notes)))
        listed += [{"write_down": order, "amount": "pool.loss"}, {"write_up": order[::-1], "amount": "-pool.loss"}]
    return listed


def lines_of(raw: Table, name: str) -> list[str]:
    """The lines of interest of a class."""
    return [line for t in raw["tranche"] if t["name"] == name for line in lines(t)]


def bears(raw: Table, name: str) -> bool:
    """Whether a class has a coupon."""
    return any(t["name"] == name and "coupon" in t for t in raw["tranche"])


def with_group(rnd: Random, raw: Table, names: list[str]) -> list[str]:
    """Some classes, perhaps with the group in place of those of them that it holds."""
    for group in raw["group"]:
        if set(group["tranches"]) <= set(names) and rnd.random() < 0.5:
            names = [name for name in names if name not in group["tranches"]]
            names.insert(rnd.randint(0, len(names)), group["name"])
    return names


def strewn(rnd: Random, raw: Table) -> Table:
    """Any step."""
    notes = [t["name"] for t in raw["tranche"]]
    pots = ["interest", "principal", *(a["name"] for a in raw["account"])]
    choices: list[Table] = [
        {"principal": with_group(rnd, raw, rnd.sample(notes, rnd.randint(1, len(notes))))},
        {"transfer": pots[0], "to": pots[1]},
        {"transfer": "available", "to": rnd.choice(pots)},
    ]
    bearing = [name for name in notes if bears(raw, name)]
    if bearing:
        some = rnd.sample(bearing, rnd.randint(1, len(bearing)))
        every = [line for name in notes for line in lines_of(raw, name)]
        choices += [{"interest": rnd.sample(every, rnd.randint(1, len(every)))}]
        choices += [
            {"interest": with_group(rnd, raw, some)},
            {"accrue": with_group(rnd, raw, rnd.sample(bearing, 1))},
            {"accrue": rnd.choice(every)},
        ]
    if raw["fee"] or raw["facility"]:
        choices.append({"pay": [paid["name"] for paid in [*raw["fee"], *raw["facility"]]]})
    if raw["facility"]:
        names = [f["name"] for f in raw["facility"]]
        amount = rnd.choice(("0.01 * pool.initial_balance", "0.5 * pool.default", f"facility.{names[0]}.undrawn / 2"))
        choices += [{"draw": rnd.sample(names, rnd.randint(1, len(names))), "to": rnd.choice(pots), "amount": amount}] * 2
    choices += [{"swap": h["name"], "to": rnd.choice(pots)} for h in raw["hedge"]]
    if raw["account"]:
        choices += [
            {"draw": rnd.sample(pots[2:], len(pots) - 2), "to": rnd.choice(pots[:2])},
            {"draw": pots[2], "to": pots[-1] if len(pots) > 3 else "principal"},
            {"transfer": rnd.choice(pots[2:]), "to": rnd.choice(pots[:2])},
        ]
        filled = [a["name"] for a in raw["account"] if "target" in a]
        choices += [{"fill": filled, "amount": 7_000.0}, {"fill": filled}] if filled else []
    return rnd.choice(choices)


def terms(rnd: Random, raw: Table, step: Table, *, named: bool) -> None:
    """Say where a step's cash comes from, when it runs, how much it may pay and how it is shared."""
    accounts = [a["name"] for a in raw["account"]]
    free = not {"draw", "transfer", "accrue", "debit", "cure", "write_down", "write_up"} & step.keys()
    if free and named:
        sources = ["available", "interest", "principal", *accounts[:1]]
        step["from"] = rnd.choice([name for name in sources if name not in step.get("fill", ())])
    if "cure" in step and named:
        step["from"], step["to"] = rnd.sample(["interest", "principal", *accounts[:1]], 2)
    behind = [*accounts, *(f["name"] for f in raw["facility"])]
    if {"pay", "interest"} & step.keys() and behind and rnd.random() < 0.4:
        step["support"] = rnd.sample(behind, rnd.randint(1, len(behind)))
    if rnd.random() < 0.25:
        step["when"] = rnd.choice(conditions(raw))
    if rnd.random() < 0.3 and not any(table in str(step.get("amount")) for table in ("facility.", "schedule.")):
        step["amount"] = rnd.choice(amounts(raw))
    if "principal" in step:
        principal_terms(rnd, step)


def principal_terms(rnd: Random, step: Table) -> None:
    """Sequential, pro rata, by weights or to targets."""
    count = 1 if isinstance(step["principal"], str) else len(step["principal"])
    if rnd.random() < 0.4:
        step["split"] = "pro_rata"
        if rnd.random() < 0.5:
            step["weights"] = [float(rnd.randint(0, 3)) for _ in range(count)]
            step["weights"][0] = 1.0
    if rnd.random() < 0.25:
        targets = (0.0, "0.3 * pool.balance", "hurdle", "tranche.A.initial_balance * 0.5 - 1e5")
        step["targets"] = [rnd.choice(targets) for _ in range(count)]
