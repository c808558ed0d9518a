"""Kernels that add what is bought to a pool."""

from __future__ import annotations

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.collateral.kernels.compiling import exact
from abs_waterfall.collateral.kernels.shapes import CLOSING, Grown, Vintage


@exact
def add_scaled(share: float, of: Floats, month: int, to: Floats) -> None:
    """Add so much of some flows to those of the pool, from a month on, as far as it goes."""
    until = min(of.shape[0], to.shape[0] - month)
    to[month : month + until] += share * of[:until]


@exact
def add_part(share: float, s: int, g: int, r: int, month: int, vintage: Vintage, pool: Grown) -> None:
    """Add so much of one part of a vintage to one row: flows and weighted balances."""
    for i in range(vintage.parts.shape[2]):
        add_scaled(share, vintage.parts[s, g, i], month, pool.flows[r, i])
    closing = vintage.parts[s, g, CLOSING]
    add_scaled(share, closing, month, pool.parts[r, g])
    for m in range(vintage.weighted.shape[2]):
        add_scaled(share, vintage.weighted[s, g, m], month, pool.weighted[r, m])
        if vintage.shift[m] != 0.0:
            add_scaled(share * vintage.shift[m], closing, month, pool.weighted[r, m])


@exact
def add_vintage(low: int, high: int, month: int, scenario: Ints, shares: Floats, vintage: Vintage, pool: Grown) -> None:
    """Add to rows `low` up to `high` what each buys of a vintage, (R, G), whose first month is `month` of the pool, from 0."""
    for r in range(low, high):
        s = scenario[r]
        for g in range(shares.shape[1]):
            if shares[r, g] > 0.0:
                add_part(shares[r, g], s, g, r, month, vintage, pool)
        for q in range(vintage.segment.shape[0]):
            share = shares[r, vintage.part[q]]
            if share > 0.0:
                add_scaled(share, vintage.default[s, :, q], month, pool.default[r, vintage.segment[q]])
                add_scaled(share, vintage.closing[s, :, q], month, pool.closing[r, vintage.segment[q]])
