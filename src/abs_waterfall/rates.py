"""Speeds of prepayment and default: conversions between the ways they are quoted, and what a pool's history says they were.

Rates are fractions, ages months since origination counting the month being paid. Every function takes numbers or arrays.
Formulas: SIFMA, Uniform Practices, chapter SF (Standard Formulas), 1 February 1999; SF-n is the page.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats, Ints

Numbers: TypeAlias = float | Floats
Ages: TypeAlias = int | float | Ints | Floats


def clamp(rate: Numbers) -> Floats:
    """Limit a monthly rate to 0-1.

    >>> clamp(1.2)
    array(1.)
    """
    return np.asarray(np.clip(rate, 0.0, 1.0))


def monthly_from_annual(rate: Numbers, year_share: Numbers = 1 / 12) -> Floats:
    """1 - (1 - rate)^year_share: the share that leaves in a month, of the share that leaves in a year.

    >>> round(float(monthly_from_annual(0.06)), 8)
    0.00514301
    """
    # expm1 and log1p keep the digits of small rates, and the power form holds at a rate of 1, where log1p would be -inf
    rate = clamp(rate)
    small = np.asarray(-np.expm1(np.log1p(-np.minimum(rate, 0.5)) * year_share))
    large = rate > 0.5
    return np.where(large, 1 - (1 - rate) ** year_share, small) if large.any() else small


def annual_from_monthly(rate: Numbers) -> Floats:
    """1 - (1 - rate)^12.

    >>> round(float(annual_from_monthly(0.0043527)), 4)
    0.051
    """
    return monthly_from_annual(rate, 12.0)


def smm_from_cpr(cpr: Numbers) -> Floats:
    """Single monthly mortality of a conditional prepayment rate.

    >>> round(float(smm_from_cpr(0.10)), 6)
    0.008742
    """
    return monthly_from_annual(cpr)


def cpr_from_smm(smm: Numbers) -> Floats:
    """Conditional prepayment rate of a single monthly mortality.

    >>> round(float(cpr_from_smm(smm_from_cpr(0.10))), 12)
    0.1
    """
    return annual_from_monthly(smm)


def mdr_from_cdr(cdr: Numbers) -> Floats:
    """Monthly default rate of a conditional annual one.

    >>> round(float(mdr_from_cdr(0.0002)), 8)
    1.667e-05
    """
    return monthly_from_annual(cdr)


def cdr_from_mdr(mdr: Numbers) -> Floats:
    """Conditional annual default rate of a monthly one.

    >>> round(float(cdr_from_mdr(0.01)), 6)
    0.113615
    """
    return annual_from_monthly(mdr)


def psa_cpr(age: Ages, speed: Numbers) -> Floats:
    """CPR of a PSA speed (100 = 100 %): 6 % x min(age / 30, 1) x speed / 100.

    >>> float(psa_cpr(15, 200))
    0.06
    """
    return clamp(0.06 * np.minimum(np.asarray(age) / 30, 1.0) * speed / 100)


def psa_from_cpr(age: Ages, cpr: Numbers) -> Floats:
    """PSA speed (100 = 100 %) of a CPR at an age.

    >>> round(float(psa_from_cpr(17, 0.051)), 6)
    150.0
    """
    return np.asarray(cpr / (0.06 * np.minimum(np.asarray(age) / 30, 1.0)) * 100)


def abs_smm(age: Ages, speed: Numbers) -> Floats:
    """SMM of an ABS speed (percent of the original number of loans a month): ABS / (1 - ABS (age - 1)).

    >>> round(float(abs_smm(11, 2.0)), 12)
    0.025
    """
    share = np.asarray(speed) / 100
    alive = 1 - share * (np.asarray(age) - 1)
    return clamp(np.where(alive > 0, share / np.where(alive > 0, alive, 1.0), 1.0))


def sda_cdr(age: Ages, speed: Numbers) -> Floats:
    """CDR of an SDA speed (100 = 100 %): 0.02 % x age to month 30, 0.60 % to 60, falling to 0.03 % at 120.

    >>> sda_cdr(np.array([1, 30, 60, 100, 120, 200]), 100).round(6).tolist()
    [0.0002, 0.006, 0.006, 0.0022, 0.0003, 0.0003]
    """
    return clamp(np.interp(age, (0, 30, 60, 120), (0.0, 0.006, 0.006, 0.0003)) * speed / 100)


def historical_smm(factors: tuple[float, float], scheduled_factors: tuple[float, float], months: int = 1) -> float:
    """Average SMM between two pool factors: 1 - ((F2 / F1) / (BAL2 / BAL1))^(1 / months) (SF-7).

    >>> round(historical_smm((0.85150625, 0.84732282), (0.992133, 0.99157471)), 7)
    0.0043527
    """
    survival = factors[1] / factors[0] / (scheduled_factors[1] / scheduled_factors[0])
    return float(1 - survival ** (1 / months))


def historical_abs_speed(factors: tuple[float, float], scheduled_factors: tuple[float, float], ages: tuple[int, int]) -> float:
    """ABS speed between two pool factors, in percent: 100 (F2/F1 - BAL2/BAL1) / (AGE1 F2/F1 - AGE2 BAL2/BAL1).

    >>> round(historical_abs_speed((1.0, 0.5 * 0.85), (1.0, 0.5), (0, 15)), 6)
    1.0
    """
    paid = factors[1] / factors[0]
    scheduled = scheduled_factors[1] / scheduled_factors[0]
    return 100 * (paid - scheduled) / (ages[0] * paid - ages[1] * scheduled)
