"""Exchangeable classes: shares of classes that are paid, summed flow by flow."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from abs_waterfall.waterfall.cashflows import DealCashflows, TrancheFlows


def shared_flows(flows: DealCashflows, shares: Mapping[str, float]) -> TrancheFlows:
    """The flows of these shares of some classes together; of one class whole, its own."""
    (first, share), *others = shares.items()
    if not others and share == 1:
        return flows.tranches[first]
    names = [field.name for field in dataclasses.fields(TrancheFlows) if field.name not in ("coupon", "lines")]
    parts = [(part, flows.tranches[name]) for name, part in shares.items()]
    summed = {key: sum(part * getattr(own, key) for part, own in parts) for key in names}
    interest = np.asarray(sum(part * own.interest_base * own.coupon for part, own in parts))
    base = np.asarray(summed["interest_base"])
    coupon = np.divide(interest, base, out=np.zeros_like(interest), where=base > 0)
    return TrancheFlows(**summed, coupon=coupon, lines={})
