"""What the term sheet says of its own figures: the words of Definitions that are the same for every deal."""

from __future__ import annotations

PROJECTION = {
    "CPR, SMM": "Prepaid share of the balance a year and a month: SMM = 1 - (1 - CPR)^(1/12).",
    "CDR, MDR": (
        "Defaulted share of the performing balance a year and a month, converted in the same way. (In Chinese practice CDR "
        "often means the cumulative default rate; here that is always called cumulative.)"
    ),
    "Cumulative default": "Share of a segment's initial balance that ever defaults, spread over the months by a timing curve.",
    "PSA": "CPR = 6 % x min(age / 30, 1) x speed / 100.",
    "ABS": "Prepayment as a share of the original number of loans: SMM = ABS / (1 - ABS x (age - 1)).",
    "SDA": (
        "Annual default rate 0.02 % x age to month 30, 0.60 % to 60, falling 0.0095 % a month to 0.03 % at 120, then 0.03 "
        "%, x speed / 100."
    ),
    "Order survivors": "In a month loans default first; the survivors pay interest and scheduled principal, then prepay.",
    "Order sifma": "Prepayment is reckoned on the scheduled balance before defaults, as in the Standard Formulas.",
    "Order prepay_first": "Survivors prepay first; interest and schedule are paid on what is left.",
    "Recovery, net loss": "Recovery of a default arrives after its lag. Net loss is default less recovery, each when it occurs.",
    "Factor, cumulative rates": "Shares of the pool's initial balance.",
    "WAC, WAM, WALA": "Weighted by balance: the loans' annual rate, remaining term and age in months.",
}
MEASURES = {
    "WAL": (
        "Weighted average life: years from settlement to each principal payment, weighted by the principal. Years are "
        "30/360 and nominal dates for classes on 30/360, otherwise ACT/365F and actual dates. To maturity: no clean-up "
        "call. To call: on the first date it may be."
    ),
    "Yield, nominal": (
        "The rate y at which all flows are worth the price plus accrued interest, each discounted by (1 + y/m)^(-m t); m is"
        " the number of payments a year."
    ),
    "Yield, bond-equivalent": "The same with m = 2.",
    "Yield, effective": "The same with m = 1.",
    "Price": "Clean, per 100 of the balance at settlement.",
    "Macaulay duration": "Mean time of all flows in years, weighted by their present values at the bond-equivalent yield.",
    "Modified duration": "Macaulay duration / (1 + y/2): the relative fall of the price a unit of bond-equivalent yield.",
    "Enhancement, credit support": (
        "1 - (the classes that rank before or with a class) / (the pool and the cash in principal funds): what ranks behind "
        "it. Classes paid by one step rank equal, in the order of the waterfall that the deal starts in."
    ),
    "Excess spread": "Pool interest less fees and note interest due, a year, of the pool's opening balance; before losses.",
    "Convexity": "Second derivative of the price by the bond-equivalent yield over the price, in years squared.",
    "Enhancement": (
        "1 - (the class, those of equal rank and those before it) / pool balance: subordination and overcollateralisation; "
        "cash in accounts comes on top. Rank is the place of the first step that pays the class."
    ),
    "Interest shortfall": "Interest due, arrears included, and unpaid after the date.",
    "Principal loss": "Balance that is never repaid.",
    "Decrement table": "Percent of the initial balance outstanding after each payment date.",
}
EVENTS = {
    "early_amortisation": (
        "循环期提前结束",
        "Early end of the revolving period: nothing more is bought, and principal goes to the classes from the next step on.",
    ),
    "acceleration": (
        "加速清偿",
        "Acceleration: income and principal are paid out in the accelerated order, senior classes first.",
    ),
    "event_of_default": (
        "违约",
        "Event of default: senior interest unpaid, or a class unpaid at its legal final; one account, paid strictly by rank.",
    ),
    "perfection": (
        "权利完善",
        "Perfection: obligors are told, and pay the plan directly; set off by a default or downgrade of servicer or originator.",
    ),
    "clean_up_call": ("清仓回购", "Clean-up call: the originator may buy back the rest of the pool once it is small; [call]."),
    "support": ("差额支付启动", "Differential payment: the promisor makes up what is short of senior interest and principal."),
    "early_termination": ("提前终止", "Early termination: the plan ends before its legal final and what it holds is paid out."),
}
ONE_DATE = (
    (
        "Collections of the period join the interest funds (interest, loan fees, account income) and the principal funds "
        "(scheduled and prepaid principal, recoveries unless they join interest), on top of what no step took last time. "
        "Available funds are both, interest spent first."
    ),
    "What is due is fixed: interest on the classes and fees, from balances after the last date.",
    ("Triggers tested before the steps. The mode is that of the holding trigger listed last, else the one the deal starts in."),
    (
        "The clean-up call is tested, and exercised where it pays every fee and note due. The pool is sold and the date is "
        "the last."
    ),
    "The steps of the mode, in order.",
    "Triggers tested after the steps; what they do begins on the next date.",
    (
        "Cash left stays in its fund. On the last date, and once every note is repaid, accounts are released before the "
        "first step."
    ),
)
