"""The steps of a waterfall: one table a verb, with the file's own words."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, model_validator

from abs_waterfall.deal.base import Formula, Names, Table, TermName


class StepTerms(Table):
    """What any step may say."""

    when: str | None = None
    amount: Formula | None = None
    name: TermName | None = None


class Pay(StepTerms):
    """Fees due and unpaid, pro rata by what is due."""

    pay: Names
    source: Annotated[str, Field(alias="from")] = "available"
    support: Names | None = None


class Interest(StepTerms):
    """Interest due and unpaid, pro rata by what is due; `support` draws only what is short, in order.

    A group is one of those paid; what it gets goes to its classes as the group says.
    """

    interest: Names
    source: Annotated[str, Field(alias="from")] = "available"
    support: Names | None = None


class Principal(StepTerms):
    """Principal up to the balance, or down to `targets`.

    A group is one of those paid; what it gets goes to its classes as the group says, or, where the step names it alone
    and says `split`, as the step says.
    """

    principal: Names
    source: Annotated[str, Field(alias="from")] = "available"
    split: Literal["sequential", "pro_rata"] = "sequential"
    weights: list[Annotated[float, Field(ge=0, allow_inf_nan=False)]] | None = None
    targets: list[Formula] | None = None

    @model_validator(mode="after")
    def complete(self) -> Principal:
        """Weights and targets match the classes paid."""
        for key, values in (("weights", self.weights), ("targets", self.targets)):
            if values is not None and len(values) != len(self.principal):
                raise ValueError(f"`{key}` has {len(values)} values for {len(self.principal)} classes")
        if self.weights is not None and (self.split != "pro_rata" or sum(self.weights) <= 0):
            raise ValueError('`weights` go with split = "pro_rata" and add up to more than 0')
        return self


class Draw(StepTerms):
    """An account, all of it or `amount`, into interest funds or into `to`."""

    draw: Names
    to: str = "interest"


class Fill(StepTerms):
    """Funds into an account, up to its target."""

    fill: Names
    source: Annotated[str, Field(alias="from")] = "available"


class Transfer(StepTerms):
    """Cash from a fund or account to another."""

    transfer: str
    to: str


class Residual(StepTerms):
    """All that is left, to one class."""

    residual: str
    source: Annotated[str, Field(alias="from")] = "available"


class Purchase(StepTerms):
    """New loans of the profile of [revolving], for all the cash of a fund or `amount`, while the plan revolves."""

    purchase: Literal["pool"]
    source: Annotated[str, Field(alias="from")] = "available"


class Accrue(StepTerms):
    """Interest due and unpaid settled by adding it to the balance; no cash moves."""

    accrue: Names


class Debit(StepTerms):
    """An amount written on a ledger: on its classes in order, each up to its balance; no cash moves."""

    debit: str  # a ledger, or one class's line of it: "pdl.A"
    amount: Formula


class Cure(StepTerms):
    """Cash from one fund to another, and a ledger credited with as much: its classes in reverse order, or one."""

    cure: str
    source: Annotated[str, Field(alias="from")] = "interest"
    to: str = "principal"


class WriteDown(StepTerms):
    """An amount taken off balances, in order; no cash moves."""

    write_down: Names
    amount: Formula


class WriteUp(StepTerms):
    """An amount put back on balances, in order, each by what was written down at most; no cash moves."""

    write_up: Names
    amount: Formula


class Repay(StepTerms):
    """What is drawn under facilities and owed, in order."""

    repay: Names
    source: Annotated[str, Field(alias="from")] = "available"


class Swap(StepTerms):
    """A hedge's net, both ways: what it pays goes `to` a fund, what it is owed comes `from` one."""

    swap: str
    source: Annotated[str, Field(alias="from")] = "available"
    to: str = "interest"


VERBS: dict[str, type[StepTerms]] = {
    "pay": Pay,
    "interest": Interest,
    "principal": Principal,
    "draw": Draw,
    "fill": Fill,
    "transfer": Transfer,
    "residual": Residual,
    "accrue": Accrue,
    "debit": Debit,
    "cure": Cure,
    "write_down": WriteDown,
    "write_up": WriteUp,
    "purchase": Purchase,
    "repay": Repay,
    "swap": Swap,
}
AnyStep: TypeAlias = (
    Pay
    | Interest
    | Principal
    | Draw
    | Fill
    | Transfer
    | Residual
    | Accrue
    | Debit
    | Cure
    | WriteDown
    | WriteUp
    | Purchase
    | Repay
    | Swap
)
PAYEES = {
    "pay": "fee",
    "interest": "tranche",
    "principal": "tranche",
    "draw": "account",
    "fill": "account",
    "transfer": "account",
    "residual": "tranche",
    "accrue": "tranche",
    "debit": "ledger",
    "cure": "ledger",
    "write_down": "tranche",
    "write_up": "tranche",
    "purchase": "account",
    "repay": "facility",
    "swap": "hedge",
}
"""The table that the names after a verb stand in."""


def verb_of(step: Any) -> str | None:
    """The verb of a step, raw or validated: the one key of it that is a verb."""
    keys = step if isinstance(step, dict) else type(step).model_fields
    verbs = [key for key in keys if key in VERBS]
    return verbs[0] if len(verbs) == 1 else None


Step: TypeAlias = Annotated[
    Annotated[Pay, Tag("pay")]
    | Annotated[Interest, Tag("interest")]
    | Annotated[Principal, Tag("principal")]
    | Annotated[Draw, Tag("draw")]
    | Annotated[Fill, Tag("fill")]
    | Annotated[Transfer, Tag("transfer")]
    | Annotated[Residual, Tag("residual")]
    | Annotated[Accrue, Tag("accrue")]
    | Annotated[Debit, Tag("debit")]
    | Annotated[Cure, Tag("cure")]
    | Annotated[WriteDown, Tag("write_down")]
    | Annotated[WriteUp, Tag("write_up")]
    | Annotated[Purchase, Tag("purchase")]
    | Annotated[Repay, Tag("repay")]
    | Annotated[Swap, Tag("swap")],
    Discriminator(
        verb_of,
        custom_error_type="step_verb",
        custom_error_message=f"a step has one verb: {', '.join(VERBS)}",
    ),
]
