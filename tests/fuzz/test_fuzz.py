"""Some hundred random programs by every route (see oracles.py); the same ones in every run, unless asked otherwise."""

from fuzz import campaign, oracles

MOST_ASIDE = 0.25  # of the programs: else the grammar draws nonsense
MOST_REFUSED = 0.05
MOST_IN_LAST_BITS = 0.02


def test_no_program_shows_a_defect(seeds):
    tally = campaign.run(seeds, patience=400)
    assert not tally.findings, "\n".join(map(campaign.described, tally.findings))
    assert tally.agreed + sum(tally.aside.values()) + sum(tally.refused.values()) == len(seeds)


def test_most_programs_say_something():
    tally = campaign.run(range(60), patience=0)
    assert sum(tally.aside.values()) <= MOST_ASIDE * tally.programs, campaign.summary(tally)
    assert tally.aside[oracles.IN_LAST_BITS] <= MOST_IN_LAST_BITS * tally.programs, campaign.summary(tally)
    assert sum(tally.refused.values()) <= MOST_REFUSED * tally.programs, campaign.summary(tally)
