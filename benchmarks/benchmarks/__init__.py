"""Benchmarks of dualtape for asv, and `python -m benchmarks.ratios`: the speed table, printed in a minute.

Every suite takes its functions from problems.py, which knows their derivatives in closed form: an answer is checked
before it is timed. Timing is in common.py, the other tools are in peers.py.
"""
