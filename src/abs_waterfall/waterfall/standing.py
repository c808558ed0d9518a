"""Where a deal stands between two payment dates: put into a run's state before it goes on, or read off it.

Shapes: R rows. Every value that a state says has its place in the arrays of `State`: one table, read both ways.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from abs_waterfall import formulas
from abs_waterfall.arrays import Floats
from abs_waterfall.deal.cross.formulas import formulas_of
from abs_waterfall.deal.cross.parts import parts_of
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.standing import Standing
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.formulas import Lookback, Node
from abs_waterfall.waterfall.resolved import ResolvedDeal
from abs_waterfall.waterfall.state import INTEREST, PRINCIPAL, State

OF_THE_LAST_DATE = ("principal_paid", "interest_paid", "interest_due", "accrued", "coupon", "due", "paid", "net")
"""Keys of what formulas may read of the last date; the others are what anybody is owed or holds."""
RATES = {"net_rate": ("due",), "excess_spread": ("due", "interest_due")}


def places(deal: ResolvedDeal, state: State) -> dict[str, Floats]:
    """Where each value stands, (R,) views of the state's arrays."""
    return dict(
        found for part in (of_tranches, of_lines, of_fees, of_others, of_memory) for found in part(deal, state)
    )  # fmt: skip


def of_tranches(deal: ResolvedDeal, state: State) -> Iterator[tuple[str, Floats]]:
    """Balances, what was written down of them, and what the last date did to them."""
    for i, tranche in enumerate(deal.deal.tranche):
        principal, name = deal.claims.principal(i), f"tranche.{tranche.name}"
        yield f"{name}.balance", state.owed[principal]
        yield f"{name}.initial_balance", state.initials[i]
        yield f"{name}.written_down", state.written_off[i]
        yield f"{name}.principal_paid", state.paid[principal]
        yield f"{name}.accrued", state.accreted[i]


def of_lines(deal: ResolvedDeal, state: State) -> Iterator[tuple[str, Floats]]:
    """Interest unpaid, and what the last date had due and paid, line by line."""
    for i, line in enumerate(deal.lines):
        yield f"tranche.{line.name}.interest_shortfall", state.owed[i]
        yield f"tranche.{line.name}.interest_due", state.due[i]
        yield f"tranche.{line.name}.interest_paid", state.paid[i]
        yield f"tranche.{line.name}.coupon", state.coupons[i]
        yield f"tranche.{line.name}.rounded_off", state.rounded_off[i]


def of_fees(deal: ResolvedDeal, state: State) -> Iterator[tuple[str, Floats]]:
    """Fees unpaid, accrued and not due yet, and of the last date."""
    for i, fee in enumerate(deal.deal.fee):
        claim, name = deal.claims.fee(i), f"fee.{fee.name}"
        yield f"{name}.unpaid", state.owed[claim]
        yield f"{name}.accrued", state.accruing[i]
        yield f"{name}.due", state.due[claim]
        yield f"{name}.paid", state.paid[claim]


def of_others(deal: ResolvedDeal, state: State) -> Iterator[tuple[str, Floats]]:
    """Funds, accounts, ledgers, facilities and hedges."""
    claims = deal.claims
    yield from (("funds.interest", state.cash[INTEREST]), ("funds.principal", state.cash[PRINCIPAL]))
    yield from ((f"account.{name}.balance", state.cash[2 + i]) for i, name in enumerate(deal.accounts))
    for ledger in deal.deal.ledger:
        for line, claim in deal.ledger_lines(ledger.name).items():
            yield f"ledger.{line}" if ledger.tranches else f"ledger.{line}.balance", state.owed[claim]
    for i, facility in enumerate(deal.deal.facility):
        yield f"facility.{facility.name}.balance", state.owed[claims.drawn(i)]
        yield f"facility.{facility.name}.unpaid", state.owed[claims.costs(i)]
        yield f"facility.{facility.name}.due", state.due[claims.costs(i)]
    for i, hedge in enumerate(deal.deal.hedge):
        yield f"hedge.{hedge.name}.unpaid", state.owed[claims.hedge(i)]
        yield f"hedge.{hedge.name}.not_received", state.cash[state.inside + claims.facilities + i]
        yield f"hedge.{hedge.name}.net", state.net[i]


def of_memory(deal: ResolvedDeal, state: State) -> Iterator[tuple[str, Floats]]:
    """What named steps paid, and targets and terms that triggers may keep from falling."""
    yield from ((f"step.{name}.paid", state.step_paid[slot]) for slot, name in enumerate(deal.step_names))
    for name, value in state.last_values.items():
        yield f"account.{name}.target" if name in deal.accounts else name, value


# ---------------------------------------------------------------------------------------------------------------- going on


def restore(deal: ResolvedDeal, state: State, said: Standing) -> None:
    """Put what a state says into a run that goes on from it."""
    for name, place in places(deal, state).items():
        if name in said.values or not (name.endswith((".initial_balance", ".target")) or name in state.last_values):
            place[:] = said.value(name)
    for i, trigger in enumerate(deal.triggers):
        state.holding[i] = trigger.name in said.holding
        state.clean[i] = said.clean.get(trigger.name, 0)
    for i, account in enumerate(deal.accounts):
        state.emptied[i] = account in said.emptied
    state.shortfall = state.owed[deal.claims.interests]
    restore_history(deal, state, said)


def restore_history(deal: ResolvedDeal, state: State, said: Standing) -> None:
    """Put the past values in that formulas look back on. InputError where some are missing or nobody looks back on them."""
    problems: list[Problem] = []
    given: dict[Node, list[float]] = {}
    for text, values in said.history.items():
        place = f'state.history."{text}"'
        try:
            operand = deal.read_node(text, place)
        except InputError as fault:
            problems += fault.problems
            continue
        given[operand] = values
        if operand not in state.history:
            known = ", ".join(map(formulas.written, state.history)) or "nothing"
            problems.append(Problem(f"no formula looks back on this; they look back on {known}", place, deal.deal.file))
    for operand, kept in state.history.items():
        past, needed = given.get(operand, []), dates_back(deal, operand, said.period)
        if len(past) < needed:
            message = f"of {formulas.written(operand)} the last {needed} values are needed, {len(past)} are said"
            problems.append(Problem(message, "state.history", deal.deal.file))
        elif len(past) > said.period:
            message = f"{len(past)} values of {said.period} payment dates"
            problems.append(Problem(message, "state.history", deal.deal.file))
        else:
            kept[: said.period] = 0.0
            kept[said.period - len(past) : said.period] = np.array(past).reshape(-1, 1)
    if problems:
        raise InputError(problems)


def dates_back(deal: ResolvedDeal, operand: Node, period: int) -> int:
    """How many past values of an operand formulas may ask for; of a sum to date one, which may be the sum."""
    looks = [look for look in deal.lookbacks if look.operand == operand]
    return min(period, max(reach(look) if look.dates else 1 for look in looks))


def reach(look: Lookback) -> int:
    """How many past dates a lookback sees from a date; 0 where it sums to date."""
    return look.dates if look.verb == "previous" or not look.dates else look.dates - 1


def pool_before(deal: Deal, eligible_balance: float) -> tuple[float, tuple[float, float]]:
    """The initial balance of the pool, and what of it defaulted and was lost before the run."""
    terms, state = deal.pool, deal.state
    if state is None:
        return terms.initial_balance or eligible_balance, (terms.cumulative_default, terms.cumulative_loss)
    initial = state.values.get("pool.initial_balance", terms.initial_balance or eligible_balance)
    return initial, (state.value("pool.cumulative_default"), state.value("pool.cumulative_loss"))


# --------------------------------------------------------------------------------------------------------- reading it off


def pool_standing(state: State, row: int, initial: float, bought: float) -> dict[str, float]:
    """What a state says of the pool's past; its rates are over the initial balance and what was bought."""
    rates = {name: state.pool[f"cumulative_{name}_rate"][row] for name in ("default", "loss")}
    figures = {f"pool.cumulative_{name}": float(rate) * (initial + bought) for name, rate in rates.items()}
    return {"pool.initial_balance": initial} | figures


def standing_of(deal: ResolvedDeal, state: State, row: int, period: int, others: dict[str, float]) -> Standing:
    """Where one row of a run stands after payment date `period`; `others` are values that the state does not hold."""
    read = keys_read(deal.deal)
    values = {name: float(place[row]) for name, place in places(deal, state).items() if is_kept(name, read, deal)}
    closing = {f"tranche.{t.name}.initial_balance": float(deal.initials[i, 0]) for i, t in enumerate(deal.deal.tranche)}
    shares = {t.name for t in deal.deal.tranche if t.share is not None}
    always = {f"account.{name}.balance" for name in deal.accounts}
    always |= {f"tranche.{tranche.name}.balance" for tranche in deal.deal.tranche}
    always |= {f"tranche.{name}.initial_balance" for name in shares}
    return Standing(
        period=period,
        values={k: v for k, v in values.items() if k in always or (v not in (0.0, -np.inf) and closing.get(k) != v)} | others,
        holding=[trigger.name for i, trigger in enumerate(deal.triggers) if state.holding[i, row]],
        clean={
            trigger.name: int(state.clean[i, row])
            for i, trigger in enumerate(deal.triggers)
            if state.holding[i, row] and trigger.cure and state.clean[i, row]
        },
        emptied=[name for i, name in enumerate(deal.accounts) if state.emptied[i, row]],
        history={
            formulas.written(operand): past
            for operand, _ in deal.histories
            if (past := history_of(deal, operand, state.history[operand][:period, row]))
        },
    )


def history_of(deal: ResolvedDeal, operand: Node, values: Floats) -> list[float]:
    """The last values that may be asked for; before them, where there is a sum to date, the sum of the others."""
    period, looks = len(values), [look for look in deal.lookbacks if look.operand == operand]
    recent = min(period, max(reach(look) for look in looks))
    before = sum(values[: period - recent].tolist())
    to_date = any(not look.dates for look in looks) and recent < period
    return [*([before] if to_date else []), *values[period - recent :].tolist()]


def keys_read(deal: Deal) -> frozenset[str]:
    """The last parts of the names that formulas of the deal read."""
    texts = [*deal.define.values(), *(text for _, text, _ in formulas_of(parts_of(deal)))]
    keys = {name.rpartition(".")[2] for text in texts for name in formulas.names(formulas.parse(text))}
    return frozenset(keys | {key for rate in keys for key in RATES.get(rate, ())})


def is_kept(name: str, read: frozenset[str], deal: ResolvedDeal) -> bool:
    """Whether a value is owed or held, or of the last date and read by a formula."""
    key = name.rpartition(".")[2]
    accruing = name.startswith("fee.") and key == "accrued"
    return accruing or key not in OF_THE_LAST_DATE or key in read or name in deal.deal.define


def planned_left(deal: Deal, planned: Floats, period: int) -> dict[str, list[float]]:
    """What is left of the schedules that were derived at closing."""
    rows = enumerate(deal.schedule)
    return {schedule.name: planned[i, period:].tolist() for i, schedule in rows if schedule.speeds is not None}
