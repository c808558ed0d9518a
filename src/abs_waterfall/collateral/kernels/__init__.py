"""The compiled kernels, the only numba of the package: loans into strips, strips and curves into flows.

No checks: strips.py, project.py and those that buy hand over what is valid. Kernels write every cell of their outputs.

Loans, and the cohorts of a month, are summed with the fastmath {reassoc, contract, nsz} and nothing else: sums may be vectorised,
infinities and NaN keep their meaning. Each sum has one order: chunks of loans are summed by themselves, and a scenario is one
thread's work, so results do not depend on threads, nor a scenario's bits on how many run beside it. NumPy's arrays add in an
order of their own: whether a pool is small enough for them goes by the pool alone; along paths, of which there are many, never.
"""
