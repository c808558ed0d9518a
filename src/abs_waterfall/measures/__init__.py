"""Measures: pure functions of cash flows. Arrays in, arrays out; the last axis is time, the one before it the scenario."""
