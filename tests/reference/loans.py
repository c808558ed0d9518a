"""A pool projected the slow and obvious way: loan by loan, month by month, in plain floats; imports nothing of ours.

A loan is a dict, an assumption is a dict as the deal file writes it, already resolved for the loan's segment and multiplied.
Month 1 of a loan is the first after its own cut-off. Cumulative defaults couple the loans of a segment, so all loans of a pool
move through a month together.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math

FLOWS = (
    "interest",
    "scheduled_principal",
    "prepayment",
    "default",
    "recovery",
    "closing_balance",
    "advanced_interest",
    "advanced_principal",
    "drawn",
    "prepayment_penalty",
    "capitalised",
    "delinquent_30",
    "delinquent_60",
    "delinquent_90",
)


def month_date(cutoff, n):
    """The cut-off moved n months; a month end stays one."""
    year, month = divmod(cutoff.year * 12 + cutoff.month - 1 + n, 12)
    last = calendar.monthrange(year, month + 1)[1]
    at_end = cutoff.day == calendar.monthrange(cutoff.year, cutoff.month)[1]
    return dt.date(year, month + 1, last if at_end else min(cutoff.day, last))


def years_between(cutoff, start, end, basis):
    """Years between two months counted from the deal's cut-off."""
    if basis == "30/360":
        return (end - start) / 12
    days = (month_date(cutoff, end) - month_date(cutoff, start)).days
    return days / (360 if basis == "ACT/360" else 365)


def index_on(day, rates):
    """The rate in force on a day."""
    return [rate for start, rate in rates if start <= day][-1]


def adjusted(rate, terms, since, index):
    """The annual rate after the reset that comes `since` months after the first."""
    most = terms.get("periodic_cap", 9.0)
    if since == 0:
        most = terms.get("first_cap", most)
    wanted = index * terms.get("multiplier", 1.0) + terms.get("margin", 0.0)
    change = max(-most, min(most, wanted - rate))
    return max(terms.get("floor", 0.0), min(terms.get("cap", 9.0), rate + change))


def annual_rates(loan, cutoff, curves, shift):
    """The loan's rate in its months 1 .. n."""
    rate, terms, rates = loan["annual_rate"], loan.get("adjusts"), []
    for month in range(1, loan["remaining_term"] + 1):
        since = loan.get("age", 0) + month - 1 - terms.get("fixed_months", 0) if terms else -1
        if since >= 0 and since % terms.get("reset_months", 12) == 0:
            reset = month_date(cutoff, month - 1 - loan.get("months_before_cutoff", 0))
            day = reset - dt.timedelta(days=terms.get("lookback_days", 0))
            rate = adjusted(rate, terms, since, index_on(day, curves[terms["index"]]) + shift)
        rates.append(rate)
    return rates


def schedule(loan, rates):
    """Balances of the loan at 0 .. n months after its own cut-off, undisturbed, and the interest that joined them."""
    balance, n = loan["balance"], loan["remaining_term"]
    term = loan.get("amortization_term", n)
    holiday = loan.get("payment_holiday_months", 0)
    free = holiday + loan.get("interest_only_months", 0)
    kind = loan["amortization"]
    balances, capitalised = [balance], []
    for month in range(1, n + 1):
        r = rates[month - 1] / 12
        capitalised.append(balance * r if month <= holiday and loan.get("capitalises", True) else 0.0)
        if month <= holiday:
            balance += capitalised[-1]
            balances.append(balance)
            continue
        left = term - month + 1  # payments left of the term it amortizes over
        if month == n:
            principal = balance
        elif kind == "custom":
            principal = loan["balance"] * loan["schedule"][month - 1]
        elif kind in ("interest_only", "bullet", "revolving_line") or month <= free:
            principal = 0.0
        elif kind == "level_pay" and r > 0:
            principal = balance * r / math.expm1(left * math.log1p(r))  # B r / ((1 + r)^n - 1), worked out anew each month
        else:
            principal = balance / left
        balance -= principal
        balances.append(balance)
    return balances, capitalised


def instalment_principal(loan, month, balance):
    """Principal that the instalment agreed at the start repays of a balance in a month; what is left in the last."""
    n, free, r = loan["remaining_term"], loan.get("interest_only_months", 0), loan["annual_rate"] / 12
    payments = loan.get("amortization_term", n) - free
    if month < 1 or (month <= free and month < n):
        return 0.0
    if month == n:
        return balance
    if loan["amortization"] == "equal_principal" or r == 0:
        return min(balance, loan["balance"] / payments)
    level = loan["balance"] * r / -math.expm1(-payments * math.log1p(r))
    return min(balance, level - balance * r)


def scheduled_interest(loan, balances, rates, cutoff, basis):
    """What an undisturbed loan pays beside principal in months 1 .. n, fees included."""
    n = loan["remaining_term"]
    begin = -loan.get("months_before_cutoff", 0)
    interest = []
    for month in range(1, n + 1):
        if loan["amortization"] == "bullet":
            years = years_between(cutoff, begin - loan["age"], begin + month, basis)
            amount = loan["balance"] * loan["annual_rate"] * years if month == n else 0.0
        elif month <= loan.get("payment_holiday_months", 0):
            amount = 0.0
        else:
            amount = balances[month - 1] * rates[month - 1] * years_between(cutoff, begin + month - 1, begin + month, basis)
        interest.append(amount + fee(loan))
    return interest


def fee(loan):
    return loan["original_balance"] * loan["fee_rate"] if loan["amortization"] == "flat_fee" else 0.0


def charge_on_prepayment(loan, paid, cutoff, basis):
    """What prepaying the whole loan right after `paid` payments costs beside its balance."""
    if paid >= loan["remaining_term"]:
        return 0.0
    if loan["amortization"] == "bullet":
        begin = -loan.get("months_before_cutoff", 0)
        return loan["balance"] * loan["annual_rate"] * years_between(cutoff, begin - loan["age"], begin + paid, basis)
    if loan["amortization"] == "flat_fee" and loan["fee_on_prepayment"]:
        return fee(loan) * (loan["remaining_term"] - paid)
    return 0.0


def penalty(loan, number, prepaid, share, paying):
    """What is charged in the loan's month `number` since origination: `prepaid` of a loan of which `share` is prepaid.

    `paying`: payments left to it after what is prepaid.
    """
    terms = loan.get("prepayment_penalty")
    if not terms or not 1 <= number <= terms.get("until", 10_000):  # before its first month a loan is not there to prepay
        return 0.0
    values = terms.get("rate", terms.get("amount"))
    step = terms.get("step_months", 1)
    value = values[min((number - 1) // step, len(values) - 1)] if isinstance(values, list) else values
    if "rate" in terms:
        return value * prepaid
    if paying <= 0:
        return 0.0
    return (value if share > 1e-12 else 0.0) if terms.get("each_month") else value * share


def of_month(values, by, age, period):
    """The value of a list in a month, the last one held; months before the deal's cut-off use the first."""
    if not isinstance(values, list):
        return values
    place = (age if by == "age" else period) - 1
    return values[max(0, min(place, len(values) - 1))]


def year_share(basis, cutoff, period):
    if basis == "months":
        return 1 / 12
    return (month_date(cutoff, period) - month_date(cutoff, period - 1)).days / 365


def sda_percent(age):
    if age <= 30:
        return 0.02 * age
    if age <= 60:
        return 0.60
    if age <= 120:
        return 0.60 - 0.0095 * (age - 60)
    return 0.03


def monthly_rate(assumption, age, period, left, share):
    """Monthly rate of a prepayment or default that is not cumulative. `left`: payments left, this one included."""
    if not assumption or (left <= assumption.get("stop", 0) and (left != 1 or assumption.get("at_maturity") is None)):
        return 0.0
    if left == 1 and assumption.get("at_maturity") is not None:
        return assumption["at_maturity"]
    kinds = ("smm", "cpr", "psa", "abs_speed", "mdr", "cdr", "sda", "mpr", "monthly_rate", "annual_rate")
    kind = next(key for key in kinds if key in assumption)
    value = of_month(assumption[kind], assumption.get("by"), age, period)
    if kind in ("smm", "mdr", "mpr", "monthly_rate"):
        rate = value
    elif kind in ("cpr", "cdr", "annual_rate"):
        rate = 1 - (1 - value) ** share
    elif kind == "psa":
        rate = 1 - (1 - min(1.0, 0.06 * min(age / 30, 1) * value / 100)) ** (1 / 12)
    elif kind == "sda":
        rate = 1 - (1 - min(1.0, sda_percent(age) / 100 * value / 100)) ** (1 / 12)
    else:
        alive = 1 - value / 100 * (age - 1)
        rate = value / 100 / alive if alive > 0 else 1.0
    return min(max(rate, 0.0), 1.0)


def cumulative_rate(default, period, initial, performing, own):
    """Default rate of a loan in a month that makes the month's share of the segment's initial balance default.

    Loans default in the ratio of `own`, their multipliers, which `performing` is weighted by.
    """
    weights = default.get("timing", [1.0])
    weight = weights[period - 1] if 1 <= period <= len(weights) else 0.0
    return min(1.0, own * default["cumulative"] * initial * weight / performing) if performing > 0 else 0.0


def multiplied(assumption, factor):
    """A speed times a loan's own multiplier: the number as quoted, rates limited to 100 %."""
    if not assumption or factor == 1.0:
        return assumption

    def times(value, most):
        return [times(each, most) for each in value] if isinstance(value, list) else min(value * factor, most)

    rates, speeds = ("smm", "cpr", "mdr", "cdr", "at_maturity"), ("psa", "abs_speed", "sda")
    changed = {key: times(assumption[key], 1.0) for key in rates if assumption.get(key) is not None}
    return assumption | changed | {key: times(assumption[key], math.inf) for key in speeds if key in assumption}


class Run:
    """One projection of one pool: where each loan stands, and what has been paid."""

    def __init__(self, loans, assumptions, cutoff, interest_basis, order, speed_basis, advances, curves, shift, effect):
        self.loans, self.assumptions, self.cutoff = loans, assumptions, cutoff
        self.interest_basis, self.order, self.speed_basis, self.advances = interest_basis, order, speed_basis, advances
        self.lead = max([0] + [loan.get("months_before_cutoff", 0) for loan in loans])
        self.last = max([1] + [loan["remaining_term"] - loan.get("months_before_cutoff", 0) for loan in loans])
        self.last += max((a["delinquency"] or {}).get("lag", 0) if "delinquency" in a else 0 for a in assumptions.values())
        tail = max(a["recovery"]["lag"] + len(a["recovery"]["timing"]) - 1 for a in assumptions.values())
        self.months = self.last + tail
        self.flows = [self.blank()] * len(loans)  # of each loan: all write into one, which adds them up
        self.alive = [1.0] * len(loans)
        self.late = [0.0] * len(loans)  # share that fell behind and goes on
        self.stopped = [{} for _ in loans]  # share that stopped paying, by period
        self.effect = effect
        self.left = [loan["balance"] for loan in loans]  # of one that has not defaulted, where prepayments shorten the term
        rates = [annual_rates(loan, cutoff, curves, shift) for loan in loans]
        self.schedules, self.capitalised = zip(
            *(schedule(loan, own) for loan, own in zip(loans, rates, strict=True)), strict=True
        )
        self.interests = [
            scheduled_interest(loan, balances, own, cutoff, interest_basis)
            for loan, balances, own in zip(loans, self.schedules, rates, strict=True)
        ]

    def blank(self):
        """No flows; place 0 is not used."""
        return {name: [0.0] * (self.months + 1) for name in FLOWS}

    def book(self, i, name, period, amount):
        """What comes before the deal's cut-off is in its first month."""
        self.flows[i][name][max(period, 1)] += amount

    def month_of(self, i, period):
        """The loan's own month, or None where it is not in the pool.

        0 and less where it starts after the deal's cut-off and waits.
        """
        month = period + self.loans[i].get("months_before_cutoff", 0)
        in_pool = period >= 1 or month >= 1
        return month if in_pool and month <= self.loans[i]["remaining_term"] else None

    def behind(self, i):
        """The delinquency assumed of a loan."""
        return None if self.is_line(i) else self.assumptions[self.loans[i]["segment"]].get("delinquency")

    def late_month(self, i, period):
        """Where in its schedule the part of a loan is that fell behind and goes on, or None."""
        if not self.behind(i):
            return None
        month = period + self.loans[i].get("months_before_cutoff", 0) - self.behind(i)["lag"]
        return month if 1 <= month <= self.loans[i]["remaining_term"] else None

    def balance(self, i, month):
        """Scheduled balance after a month of its own; what it starts with while it waits.

        Of a loan whose prepayments shorten its term, what is left of it now.
        """
        if self.shortens(i):
            return self.left[i]
        return self.schedules[i][max(month, 0)]

    def shortens(self, i):
        """Whether prepayments shorten the loan's term."""
        return self.effect == "shorten" and self.loans[i]["amortization"] in ("level_pay", "equal_principal")

    def interest(self, i, month):
        return self.interests[i][month - 1] if month >= 1 else 0.0

    def performing(self, segment, period):
        """Opening balance of a segment, weighted by the loans' multipliers of default."""
        own = [i for i, loan in enumerate(self.loans) if loan["segment"] == segment]
        paying = [(i, self.month_of(i, period), self.alive[i]) for i in own]
        paying += [(i, self.late_month(i, period), self.late[i]) for i in own]
        return sum(self.balance(i, month - 1) * share * self.own(i, "default") for i, month, share in paying if month is not None)

    def own(self, i, what):
        """A loan's own multiplier."""
        return self.loans[i].get(f"{what}_multiplier", 1.0)

    def move_to_the_end(self):
        for period in range(1 - self.lead, self.last + 1):
            self.move_on(period)

    def move_on(self, period):
        """All loans through one month."""
        for i in range(len(self.loans)):
            if self.behind(i):
                self.fall_behind(i, period)
        performing = {segment: self.performing(segment, period) for segment in self.assumptions}
        for i in range(len(self.loans)):
            month = self.month_of(i, period)
            if month is not None:
                self.alive[i] = self.move_loan(i, period, month, performing[self.loans[i]["segment"]], self.alive[i], 0)
            month = self.late_month(i, period)
            if month is not None:
                late = self.behind(i)["lag"]
                self.late[i] = self.move_loan(i, period, month, performing[self.loans[i]["segment"]], self.late[i], late)
            if period >= 1 and self.behind(i):
                self.book_behind(i, period)

    def fall_behind(self, i, period):
        """What of a loan stops paying, and what happens to that which did `lag` months before."""
        loan, terms, month = self.loans[i], self.behind(i), self.month_of(i, period)
        if month is not None and month >= 1:
            share = year_share(self.speed_basis, self.cutoff, period)
            rate = monthly_rate(terms, loan["age"] + month, period, loan["remaining_term"] - month + 1, share)
            self.stopped[i][period] = self.alive[i] * rate
            self.alive[i] -= self.stopped[i][period]
        back = self.stopped[i].get(period - terms["lag"], 0.0)
        position = period - terms["lag"] + loan.get("months_before_cutoff", 0)
        lost = back * terms["default_share"]
        self.late[i] += back - lost
        if lost:
            self.book(i, "default", period, self.balance(i, position - 1) * lost)
            self.recover(i, period, position, lost, self.assumptions[loan["segment"]]["recovery"])

    def book_behind(self, i, period):
        """What has not paid for one month or more, two or more, three or more; all of it is still in the balance."""
        for since, share in self.stopped[i].items():
            missed = period - since + 1
            if missed <= self.behind(i)["lag"]:
                owed = share * self.balance(i, since + self.loans[i].get("months_before_cutoff", 0) - 1)
                self.book(i, "closing_balance", period, owed)
                for least in (1, 2, 3):
                    self.book(i, f"delinquent_{30 * least}", period, owed if missed >= least else 0.0)

    def rates(self, i, period, month, performing, late):
        """Default and prepayment rate of a loan in a month of its schedule, so many months after it was due."""
        loan = self.loans[i]
        assumed = self.assumptions[loan["segment"]]
        share = year_share(self.speed_basis, self.cutoff, period)
        place = (loan["age"] + month + late, period, loan["remaining_term"] - month + 1, share)
        if "cumulative" in assumed["default"]:
            initial = sum(other["balance"] for other in self.loans if other["segment"] == loan["segment"])
            d = cumulative_rate(assumed["default"], period, initial, performing, self.own(i, "default"))
        else:
            d = monthly_rate(multiplied(assumed["default"], self.own(i, "default")), *place) if month >= 1 else 0.0
        speed = multiplied(assumed["prepayment"], self.own(i, "prepayment"))
        s = monthly_rate(assumed.get("payment") if self.is_line(i) else speed, *place) if month >= 1 else 0.0
        return d, s

    def is_line(self, i):
        return self.loans[i]["amortization"] == "revolving_line"

    def drawn(self, i, period, month, alive, defaulted, paid):
        """Share of a line that is drawn at the end of a month, of the share that was alive at its start; nothing in its last."""
        loan = self.loans[i]
        draw, left = self.assumptions[loan["segment"]].get("draw"), loan["remaining_term"] - month + 1
        if not self.is_line(i) or not draw or month < 1 or left == 1:
            return 0.0
        if "of_payments" in draw:
            share = of_month(draw["of_payments"], draw.get("by"), loan["age"] + month, period)
            return paid * share if left > draw.get("stop", 0) else 0.0
        rate = monthly_rate(draw, loan["age"] + month, period, left, None)
        return rate * (alive if self.order == "sifma" else alive - defaulted)

    def line_interest(self, i, period, month, opening):
        """A month's interest of an undisturbed loan: a line's by the yield of its segment, where there is one."""
        given = self.assumptions[self.loans[i]["segment"]].get("yield")
        if not self.is_line(i) or not given or month < 1:
            return self.interest(i, month)
        begin = month - 1 - self.loans[i].get("months_before_cutoff", 0)
        rate = of_month(given["annual_rate"], given.get("by"), self.loans[i]["age"] + month, period)
        return opening * rate * years_between(self.cutoff, begin, begin + 1, self.interest_basis)

    def move_loan(self, i, period, month, performing, alive, late):
        """What is alive of one loan through one month of its schedule; what stays."""
        d, s = self.rates(i, period, month, performing, late)
        if self.shortens(i):
            return self.move_shortened(i, period, month, alive, d, s)
        opening, closing = self.balance(i, month - 1), self.balance(i, month)
        defaulted = alive * d
        survivors = alive - defaulted
        if self.order == "survivors":
            paying, prepaid, base, paid = survivors, survivors * s, closing, month
        elif self.order == "sifma":
            paying, prepaid, base, paid = survivors, alive * min(s, 1 - d), closing, month
        else:
            paying, prepaid, base, paid = survivors * (1 - s), survivors * s, opening, month - 1
        drawn = self.drawn(i, period, month, alive, defaulted, prepaid)
        stays = survivors - prepaid + drawn
        self.book(i, "drawn", period, opening * drawn)
        self.book(i, "interest", period, self.line_interest(i, period, month, opening) * paying)
        capitalised = self.capitalised[i][month - 1] * paying if month >= 1 else 0.0
        self.book(i, "capitalised", period, capitalised)
        number, left = self.loans[i]["age"] + month + late, self.loans[i]["remaining_term"] - paid
        charged_share = 0.0 if late and self.loans[i].get("prepayment_penalty", {}).get("each_month") else prepaid
        self.book(i, "prepayment_penalty", period, penalty(self.loans[i], number, base * prepaid, charged_share, left))
        self.book(i, "interest", period, charge_on_prepayment(self.loans[i], paid, self.cutoff, self.interest_basis) * prepaid)
        self.book(i, "scheduled_principal", period, (opening - closing) * paying + capitalised)
        self.book(i, "scheduled_principal" if self.is_line(i) else "prepayment", period, base * prepaid)
        self.book(i, "default", period, opening * defaulted)
        if period >= 1:
            self.book(i, "closing_balance", period, closing * stays)
        recovery = self.assumptions[self.loans[i]["segment"]]["recovery"]
        (self.advance if self.advances else self.recover)(i, period, month, defaulted, recovery)
        return stays

    def move_shortened(self, i, period, month, alive, d, s):
        """The same of a loan whose instalment prepayments leave as it is; what stays are whole loans, of `left` each."""
        loan, opening = self.loans[i], self.left[i]
        defaulted = alive * d
        survivors = alive - defaulted
        if self.order == "sifma":  # on the balance before defaults: a share of all loans, which those that stay prepay
            s = min(s, 1 - d) / (1 - d) if d < 1 else 0.0
        if self.order == "prepay_first":
            prepaid = opening * s
            pays = opening - prepaid
            scheduled = instalment_principal(loan, month, pays)
        else:
            pays, scheduled = opening, instalment_principal(loan, month, opening)
            prepaid = (opening - scheduled) * s
        self.left[i] = opening - scheduled - prepaid
        begin = month - 1 - loan.get("months_before_cutoff", 0)
        if month >= 1:
            years = years_between(self.cutoff, begin, begin + 1, self.interest_basis)
            self.book(i, "interest", period, pays * loan["annual_rate"] * years * survivors)
        self.book(i, "prepayment_penalty", period, penalty(loan, loan["age"] + month, prepaid * survivors, None, None))
        self.book(i, "scheduled_principal", period, scheduled * survivors)
        self.book(i, "prepayment", period, prepaid * survivors)
        self.book(i, "default", period, opening * defaulted)
        if period >= 1:
            self.book(i, "closing_balance", period, self.left[i] * survivors)
        self.recover(i, period, month, defaulted, self.assumptions[loan["segment"]]["recovery"], opening)
        return survivors

    def recover(self, i, period, month, defaulted, recovery, balance=None):
        balance = self.balance(i, month - 1) if balance is None else balance
        for j, weight in enumerate(recovery["timing"]):
            amount = balance * defaulted * recovery["rate"] * weight
            self.book(i, "recovery", period + recovery["lag"] + j, amount)

    def advance(self, i, period, month, defaulted, recovery):
        end = min(month + recovery["lag"] - 1, self.loans[i]["remaining_term"])
        for m in range(month, end + 1):
            self.book(i, "advanced_interest", period + m - month, self.interest(i, m) * defaulted)
            self.book(i, "advanced_principal", period + m - month, (self.balance(i, m - 1) - self.balance(i, m)) * defaulted)
        loss = (1 - recovery["rate"]) * self.balance(i, month - 1) * defaulted
        self.book(i, "recovery", period + recovery["lag"], max(0.0, self.balance(i, end) * defaulted - loss))


def project(
    loans,
    assumptions,
    cutoff,
    interest_basis="30/360",
    order="survivors",
    speed_basis="months",
    advances=False,
    curves=None,
    shift=0.0,
    effect="recast",
):
    """Flows of the pool by deal month, as lists; `assumptions[segment]` has prepayment, default and recovery.

    `curves` are the indices that loans adjust to, as lists of a date and a rate; a scenario's `shift` is added to them.
    `effect` is what a prepayment does to a loan: "recast" or "shorten".
    """
    run = Run(loans, assumptions, cutoff, interest_basis, order, speed_basis, advances, curves or {}, shift, effect)
    run.move_to_the_end()
    return {name: amounts[1:] for name, amounts in run.flows[0].items()}


def project_each(loans, assumptions, cutoff, interest_basis, order, speed_basis):
    """The same of each loan, those of a segment leaving at the rates of all."""
    run = Run(
        loans, assumptions, cutoff, interest_basis, order, speed_basis, advances=False, curves={}, shift=0.0, effect="recast"
    )
    run.flows = [run.blank() for _ in loans]
    run.move_to_the_end()
    return [{name: amounts[1:] for name, amounts in flows.items()} for flows in run.flows]
