"""Many programs: drawn by seed, examined, counted; what is found is shrunk and reported with its seed.

A campaign of seeds can be cut in pieces and taken up again: programs depend on their seed alone. Workers are processes;
one that dies (a crash in compiled code) is reported with the seed it was at.
"""

import faulthandler
import multiprocessing
import time
from collections import Counter
from typing import NamedTuple

from . import complex_words, grammar, library_words, method_words, oracles, rendering, shrinking, statements, vocabulary

CRASHED = "the process died"
_TALLY_EVERY = 25


WORDS = vocabulary.WORDS + library_words.LIBRARY_WORDS + complex_words.COMPLEX_WORDS + method_words.METHOD_WORDS
STATEMENTS = statements.STATEMENTS + method_words.METHOD_STATEMENTS


class Finding(NamedTuple):
    seed: int
    kind: str
    detail: str
    source: str


class Tally(NamedTuple):
    """What became of the programs."""

    programs: int
    agreed: int
    aside: Counter
    refused: Counter
    findings: list


def program(seed):
    """The program of a seed."""
    return grammar.draw(seed, WORDS, STATEMENTS)


def report(seed, patience=shrinking.MOST_CANDIDATES):
    """Examine one program; what is found comes back shrunk."""
    drawn = program(seed)
    found = oracles.examine(drawn)
    if not found.kind or not patience:
        return found, _finding(seed, drawn, found)

    def shows(candidate):
        return oracles.examine(candidate).kind == found.kind

    small = shrinking.shrunk(drawn, shows, patience)
    return found, _finding(seed, small, oracles.examine(small))


def _finding(seed, small, found):
    if not found.kind:
        return None
    return Finding(seed, found.kind, found.detail, rendering.source(small) + rendering.point(small))


def run(seeds, patience=shrinking.MOST_CANDIDATES, progress=None):
    """Examine the programs of these seeds in this process."""
    tally = Tally(0, 0, Counter(), Counter(), [])
    for seed in seeds:
        found, finding = report(seed, patience)
        tally = counted(tally, found, finding)
        if progress and (finding or tally.programs % _TALLY_EVERY == 0):
            progress(seed, finding)
    return tally


def counted(tally, found, finding):
    if found.aside:
        tally.aside[found.aside] += 1
    elif found.refused:
        tally.refused[found.refused] += 1
    elif finding:
        tally.findings.append(finding)
    agreed = not (found.aside or found.refused or found.kind)
    return tally._replace(programs=tally.programs + 1, agreed=tally.agreed + agreed)


def together(tallies):
    whole = Tally(0, 0, Counter(), Counter(), [])
    for tally in tallies:
        whole.aside.update(tally.aside)
        whole.refused.update(tally.refused)
        whole.findings.extend(tally.findings)
        whole = whole._replace(programs=whole.programs + tally.programs, agreed=whole.agreed + tally.agreed)
    return whole


# Processes.


def run_in_processes(first, count, workers, patience=shrinking.MOST_CANDIDATES, say=print):
    """Examine `count` programs from seed `first` on, in so many processes; each crash costs its own seed only."""
    blocks = [range(start, min(start + 500, first + count)) for start in range(first, first + count, 500)]
    tallies, running, started = [], {}, time.perf_counter()
    while blocks or running:
        while blocks and len(running) < workers:
            seeds = blocks.pop(0)
            inbox, outbox = multiprocessing.Pipe(duplex=False)
            process = multiprocessing.Process(target=_work, args=(seeds, patience, outbox), daemon=True)
            process.start()
            outbox.close()
            running[inbox] = (process, seeds)
        for inbox in multiprocessing.connection.wait(list(running)):
            process, seeds = running.pop(inbox)
            tally, at = _received(inbox)
            process.join()
            if at is not None:  # it died there
                source = rendering.source(program(at))
                tally.findings.append(Finding(at, CRASHED, f"exit code {process.exitcode}", source))
                blocks.insert(0, range(at + 1, seeds.stop))
            tallies.append(tally)
            for finding in tally.findings:
                say(described(finding))
            say(_so_far(together(tallies), count, time.perf_counter() - started))
    return together(tallies)


def _work(seeds, patience, outbox):
    faulthandler.enable()
    for seed in seeds:
        outbox.send(("at", seed))
        outbox.send(("found", report(seed, patience)))
    outbox.send(("end", None))


def _received(inbox):
    """Everything that a process has to say: its tally, and the seed at which it died, None if it ended well."""
    tally, at = Tally(0, 0, Counter(), Counter(), []), None
    while True:
        try:
            what, content = inbox.recv()
        except EOFError:
            return tally._replace(programs=tally.programs + (at is not None)), at
        if what == "end":
            return tally, None
        if what == "at":
            at = content
        else:
            tally, at = counted(tally, *content), None


def described(finding):
    """A finding as one reads it."""
    return f"--- seed {finding.seed}: {finding.kind}\n{finding.source}\n{finding.detail}\n"


def _so_far(tally, count, seconds):
    return (
        f"{tally.programs} of {count} programs, {seconds:.0f} s: {tally.agreed} agree, {len(tally.findings)} findings, "
        f"{sum(tally.aside.values())} set aside, {sum(tally.refused.values())} refused"
    )


def summary(tally):
    """The whole campaign, with the reasons for what was set aside."""
    lines = [_so_far(tally, tally.programs, 0.0).replace(", 0 s", "")]
    for title, reasons in (("set aside", tally.aside), ("refused", tally.refused)):
        lines += [f"  {title}: {n} {reason}" for reason, n in reasons.most_common(12)]
    return "\n".join(lines)
