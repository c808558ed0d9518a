"""Deals and pools made up at random: every feature of the deal file in any mix, on cash flows that conserve.

Hypothesis draws the seed; a failing example shows the whole deal.
"""

from waterfall.made_deals.made import Made, made, made_deals, numbered, seeds
from waterfall.made_deals.pool import pool_flows

__all__ = ["Made", "made", "made_deals", "numbered", "pool_flows", "seeds"]
