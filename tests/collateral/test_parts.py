"""Parts of a pool add up to it, each pays what its loans would pay alone, and balances are weighted loan by loan."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.collateral.along_paths import PathProjection
from abs_waterfall.collateral.cashflows import SELDOM
from abs_waterfall.collateral.kernels.shapes import BEHIND, CLOSING, PENALTY
from abs_waterfall.collateral.parts import Parting
from abs_waterfall.collateral.project import project_parts
from abs_waterfall.waterfall.growing_pool import FLOWS
from collateral.pools import (
    CURVES,
    CUTOFF,
    defaults,
    delinquencies,
    draws,
    loans_with_clauses,
    payments,
    pool_of,
    prepayments,
    project,
    random_pool,
    recoveries,
    yields,
)

PARTS = 3
ASSUMED = st.fixed_dictionaries(
    {
        "order": st.sampled_from(("survivors", "sifma", "prepay_first")),
        "prepayment": prepayments(),
        "default": defaults(),
        "recovery": recoveries(spread=True),
    },
    optional={"delinquency": delinquencies(), "payment": payments(), "draw": draws(), "yield": yields()},
)


@st.composite
def divided(draw):
    """Loans, and the part of each; balances are weighted by 1, and by the number of the part."""
    loans = draw(st.lists(loans_with_clauses(max_term=12), min_size=1, max_size=6))
    part = np.array(draw(st.lists(st.integers(0, PARTS - 1), min_size=len(loans), max_size=len(loans))))
    return loans, Parting(part, PARTS, np.array([np.ones(len(loans)), part + 1.0]))


def assert_near(ours, theirs, loans, name):
    """Within rounding of the pool; what is drawn may make it many times as large."""
    size = sum(loan["balance"] for loan in loans) + np.abs(theirs).max(initial=0.0)
    months = min(ours.shape[-1], theirs.shape[-1])
    np.testing.assert_allclose(ours[..., :months], theirs[..., :months], rtol=0, atol=1e-11 * size, err_msg=name)
    assert not ours[..., months:].any()


@settings(max_examples=80, deadline=None)
@given(divided(), ASSUMED)
def test_parts_add_up_to_the_pool(given, assumed):
    loans, parting = given
    whole = project(loans, assumed, curves=CURVES)
    pool, assumptions = pool_of(loans), Assumptions.model_validate(assumed)
    ours = project_parts(pool, assumptions, {}, CUTOFF, "30/360", parting, curves=CURVES)
    for row, name in enumerate((*FLOWS, *SELDOM)[: ours.parts.shape[2]]):
        assert_near(ours.parts.sum(axis=1)[:, row], getattr(whole, name), loans, name)
    for k in range(len(pool.segment_names)):
        of = ours.segment == k
        assert_near(ours.closing[:, :, of].sum(axis=2), whole.segment_balance[:, k], loans, "closing")
        assert_near(ours.default[:, :, of].sum(axis=2), whole.segment_default[:, k], loans, "default")
    assert_near(ours.weighted[:, :, 0], ours.parts[:, :, CLOSING], loans, "weighted by 1")
    assert_near(ours.weighted[:, :, 1], ours.parts[:, :, CLOSING] * np.arange(1.0, PARTS + 1)[:, None], loans, "by part")


@settings(max_examples=80, deadline=None)
@given(divided(), ASSUMED.filter(lambda assumed: "cumulative" not in assumed["default"]))
def test_a_part_pays_what_its_loans_pay_alone(given, assumed):
    loans, parting = given
    assumptions = Assumptions.model_validate(assumed)
    ours = project_parts(pool_of(loans), assumptions, {}, CUTOFF, "30/360", parting, curves=CURVES)
    first = min(min(0, -loan["months_before_cutoff"]) for loan in loans)
    for g in np.unique(parting.part):
        own = [loan for loan, part in zip(loans, parting.part, strict=True) if part == g]
        if min(min(0, -loan["months_before_cutoff"]) for loan in own) == first:  # else months before cut-off differ
            alone = project(own, assumed, curves=CURVES)
            for row, name in enumerate((*FLOWS, *SELDOM)[: ours.parts.shape[2]]):
                assert_near(ours.parts[:, g, row], getattr(alone, name), loans, name)


def test_parts_along_paths_add_up_to_the_pool():
    pool = random_pool(40, seed=7)
    part = np.arange(40, dtype=np.int64) % PARTS
    parting = Parting(part, PARTS, np.array([pool.annual_rate]))
    rng = np.random.default_rng(7)
    rates = (rng.uniform(0, 0.05, (5, 80, len(pool.segment_names))) for _ in range(2))
    paths = paths_of(pool, *rates)
    given = pool, Assumptions.model_validate({"recovery": {"rate": 0.3, "lag": 4}}), CUTOFF, "30/360", 0, {}
    whole = PathProjection.of(*given).project(paths, by_segment=True)
    ours = PathProjection.of(*given, parting).project_parts(paths)
    for row, name in enumerate(FLOWS):
        np.testing.assert_allclose(ours.parts.sum(axis=1)[:, row], getattr(whole, name), rtol=1e-12, atol=1e-9, err_msg=name)
    assert ours.parts.shape[2] == PENALTY < BEHIND
    assert (ours.weighted[:, :, 0].sum(axis=1)[:, :12] < 0.25 * whole.closing_balance[:, :12]).all()
    assert (ours.weighted[:, :, 0].sum(axis=1)[:, :12] > 0.05 * whole.closing_balance[:, :12]).all()


def paths_of(pool, smm, mdr):
    """Paths of every segment."""
    return Paths(tuple(f"path {i}" for i in range(len(smm))), pool.segment_names, smm, mdr)
