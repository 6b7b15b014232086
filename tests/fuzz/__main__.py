"""``python -m fuzz``, from tests/: a campaign of any size."""

import argparse
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # processes share the cores; threads of BLAS wait for one another

from . import campaign


def main():
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Random programs, by every route")
    parser.add_argument("--programs", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="seed of the first: take up a campaign where it stopped")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--patience", type=int, default=2000, help="candidates tried to shrink a finding")
    parser.add_argument("--show", type=int, metavar="SEED", help="show the program of one seed and examine it here")
    options = parser.parse_args()
    if options.show is not None:
        return show(options.show, options.patience)
    tally = campaign.run_in_processes(options.first, options.programs, options.workers, options.patience)
    print(campaign.summary(tally))
    return 1 if tally.findings else 0


def show(seed, patience):
    drawn = campaign.program(seed)
    print(campaign.rendering.source(drawn) + campaign.rendering.point(drawn))
    found, finding = campaign.report(seed, patience)
    print(campaign.described(finding) if finding else found.aside or found.refused or "agrees")
    return 1 if finding else 0


if __name__ == "__main__":
    sys.exit(main())
