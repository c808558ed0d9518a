"""A plan that revolves, the slow and obvious way: what it buys is really added to its loans; imports nothing of ours.

Every loan bought becomes loans of the pool, waiting until the month after the purchase; then the whole pool is projected anew,
loan by loan. Months are counted from 1 at the cut-off.
"""

from __future__ import annotations

from reference.loans import month_date, project


def at_original_terms(loan):
    """The loan as it was made, of today's balance; a custom schedule is known from today on only."""
    if loan["amortization"] == "revolving_line":  # it is bought as it stands
        return dict(loan, months_before_cutoff=0)
    age = 0 if loan["amortization"] == "custom" else loan["age"]
    made = dict(loan, remaining_term=loan["remaining_term"] + age, age=0, months_before_cutoff=0)
    if "amortization_term" in loan:
        made["amortization_term"] = loan["amortization_term"] + age
    if loan.get("interest_only_months"):
        made["interest_only_months"] = loan["interest_only_months"] + age
    if loan["amortization"] == "flat_fee":
        made["original_balance"] = loan["balance"]
    return made


class Plan:
    """A pool, what was bought into it, and the cash it left."""

    def __init__(self, loans, profile, assumptions, cutoff, basis, speed_basis):
        self.loans, self.profile, self.cutoff = list(loans), profile, cutoff
        self.assumptions, self.basis, self.speed_basis = dict(assumptions), basis, speed_basis
        self.bought = {}  # balance by month
        self.fund = 0.0
        self.last_supply = 0

    def flows(self):
        """The whole pool's flows by month; loans that wait are not in its balance before they are bought."""
        flows = project(self.loans, self.assumptions, self.cutoff, self.basis, "survivors", self.speed_basis)
        for month, balance in self.bought.items():
            for earlier in range(month - 1):
                flows["closing_balance"][earlier] -= balance
        return flows

    def collect(self, month):
        """Principal and recoveries of a month join the fund."""
        flows = self.flows()
        if month <= len(flows["interest"]):
            self.fund += sum(flows[name][month - 1] for name in ("scheduled_principal", "prepayment", "recovery"))

    def buy(self, month, retain, price, supply):
        """Spend the fund on the profile at the end of a month."""
        want = self.fund - retain
        if supply is not None:
            offered = sum(supply[self.last_supply : month])
            self.last_supply = month
        balance = max(0.0, min(want / price, offered if supply is not None else want / price))
        if balance < 1e-9 * sum(loan["balance"] for loan in self.loans):
            return
        total = sum(line["balance"] for line in self.profile)
        for line in self.profile:
            self.add(line, balance * line["balance"] / total, month)
        self.bought[month] = self.bought.get(month, 0.0) + balance
        self.fund -= balance * price

    def add(self, line, balance, month):
        """One loan, which stands as it is until `month` has ended. A cumulative default is of its vintage, from there."""
        loan = dict(line, balance=balance, months_before_cutoff=-month)
        if loan["amortization"] == "flat_fee":
            loan["original_balance"] = balance
        assumed = self.assumptions[line["segment"]]
        if "cumulative" in assumed["default"]:
            loan["segment"] = f"{line['segment']}@{month}"
            later = [0.0] * month + assumed["default"].get("timing", [1.0])
            self.assumptions[loan["segment"]] = dict(assumed, default=dict(assumed["default"], timing=later))
        self.loans.append(loan)


def run(plan, dates, periods, end, *, monthly=False, closing=None, retain=0.0, price=1.0, supply=None):
    """Buy on each payment date up to `end`, or at the end of each month collected; `periods` are (first, last) months."""
    for date, (first, last) in zip(dates, periods, strict=True):
        for month in range(first, last + 1):
            plan.collect(month)
            day = month_date(plan.cutoff, month)
            if monthly and closing <= day <= end:
                plan.buy(month, retain, price, supply)
        if not monthly and date <= end:
            plan.buy(holding(plan.cutoff, date), 0.0, price, supply)
        if date > end:
            return plan
    return plan


def holding(cutoff, date):
    """The month that holds a date."""
    month = 1
    while month_date(cutoff, month) < date:
        month += 1
    return month
