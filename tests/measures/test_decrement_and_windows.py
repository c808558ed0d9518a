"""Factors, decrement tables and principal windows."""

from __future__ import annotations

import numpy as np
import pytest

from abs_waterfall.measures.decrement import decrement_table, factor_path, first_principal, last_principal

BALANCE = np.array([100.0, 100.0, 0.0])
CLOSING = np.array([[100.0, 60.0, 0.0, 0.0], [100.0, 100.0, 100.0, 100.0], [0.0, 0.0, 0.0, 0.0]])
PRINCIPAL = np.array([[0.0, 40.0, 60.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])


def test_a_factor_is_what_is_left_of_the_initial_balance() -> None:
    expected = np.array([[1.0, 0.6, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [np.nan] * 4])
    assert factor_path(CLOSING, BALANCE) == pytest.approx(expected, nan_ok=True)


def test_a_decrement_table_begins_with_100_percent_at_closing() -> None:
    expected = np.array([[100.0, 100.0, 60.0, 0.0, 0.0], [100.0] * 5, [np.nan] * 5])
    assert decrement_table(CLOSING, BALANCE) == pytest.approx(expected, nan_ok=True)


def test_the_principal_window_runs_from_the_first_to_the_last_payment() -> None:
    assert first_principal(PRINCIPAL, BALANCE).tolist() == [1, -1, -1]
    assert last_principal(PRINCIPAL, BALANCE).tolist() == [2, -1, -1]


def test_rounding_left_over_after_the_last_payment_does_not_lengthen_the_window() -> None:
    principal = np.array([0.0, 4e7, 6e7, 1e-7])
    assert int(last_principal(principal, 1e8)) == 2


def test_principal_on_every_date_is_a_window_of_all_dates() -> None:
    principal = np.full(4, 25.0)
    assert (int(first_principal(principal, 100.0)), int(last_principal(principal, 100.0))) == (0, 3)
