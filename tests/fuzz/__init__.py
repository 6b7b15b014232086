"""A differential fuzzer: random programs, their derivatives by every route, and what independent arithmetic says.

grammar.py and vocabulary.py draw a program, rendering.py writes it down, oracles.py examines it, shrinking.py makes it
small, campaign.py does so for many. `python -m fuzz --help`, run from tests/, is the door for long runs.
"""
