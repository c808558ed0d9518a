"""The compiled kernels, the only numba of the package: loans into strips, strips and curves into flows.

No checks: strips.py, project.py and those that buy hand over what is valid. Kernels write every cell of their outputs.

Loans are summed with the fastmath {reassoc, contract, nsz} and nothing else: sums may be vectorised, infinities and NaN keep
their meaning. Each sum has one order: chunks of loans are summed by themselves, and a scenario is one thread's work, so results
do not depend on threads. The projection of a scenario does each operation as it is written: its bits do not depend on how many
scenarios run beside it, nor on whether they are enough for loading the compiler to pay.
"""
