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
_BLOCK = 500  # programs of one process


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
    blocks = [range(start, min(start + _BLOCK, first + count)) for start in range(first, first + count, _BLOCK)]
    whole, running, started = together([]), {}, time.perf_counter()
    while blocks or running:
        while blocks and len(running) < workers:
            worker = _Worker(blocks.pop(0), patience)
            running[worker.inbox] = worker
        for inbox in multiprocessing.connection.wait(list(running)):
            worker = running[inbox]
            if not worker.has_ended():
                continue
            del running[inbox]
            tally, rest = worker.result()
            if rest:
                blocks.insert(0, rest)
            whole = together([whole, tally])
            for finding in tally.findings:
                say(described(finding))
            say(_so_far(whole, count, time.perf_counter() - started))
    return whole


class _Worker:
    """A process that examines the programs of some seeds, and what it has said so far."""

    def __init__(self, seeds, patience):
        self.seeds, self.at, self.tally = seeds, None, together([])
        self.inbox, outbox = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=_work, args=(seeds, patience, outbox), daemon=True)
        self.process.start()
        outbox.close()

    def has_ended(self):
        """Take in the next thing it says; true if that was the last."""
        try:
            what, content = self.inbox.recv()
        except EOFError:
            return True
        if what == "at":
            self.at = content
        elif what == "found":
            self.tally, self.at = counted(self.tally, *content), None
        return what == "end"

    def result(self):
        """Its tally, and the seeds that are left to do if it died."""
        self.process.join()
        if self.at is None:
            return self.tally, None
        source = rendering.source(program(self.at))
        self.tally.findings.append(Finding(self.at, CRASHED, f"exit code {self.process.exitcode}", source))
        tally = self.tally._replace(programs=self.tally.programs + 1)
        return tally, range(self.at + 1, self.seeds.stop)


def _work(seeds, patience, outbox):
    faulthandler.enable()
    for seed in seeds:
        outbox.send(("at", seed))
        outbox.send(("found", report(seed, patience)))
    outbox.send(("end", None))


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
