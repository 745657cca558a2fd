"""`make corpus`: every public diagram is deployed and walked to an end, or refused with findings; prints the counts.

python -m tests.corpus                    all of them
python -m tests.corpus miwg               those whose path contains a word
python -m tests.corpus --findings CODE    and the findings of that code, to be looked at
python -m tests.corpus --jobs 1           in one process
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.corpus.files import drawing, folder, names
from tests.corpus.trial import Result, Trial

SHARE = 20


def main(arguments: list[str] | None = None) -> int:
    """Try them and print; 1 when something was neither walked nor refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description="Walk the public diagrams.")
    parser.add_argument("word", nargs="?", default="", help="only diagrams whose path contains it")
    parser.add_argument("--findings", default="", metavar="CODE", help="print the findings of this code")
    parser.add_argument("--jobs", type=int, default=2, help="how many processes")
    chosen = parser.parse_args(arguments)
    corpus = folder()
    if corpus is None:
        print(
            "The corpus is not here: put public .bpmn files in ../shared/corpus, or name their folder in BPMN_CORPUS."
        )
        return 0
    results = list(tried(corpus, names(corpus, chosen.word), chosen.jobs))
    print(report(results))
    for one in results:
        for text in one.findings:
            if chosen.findings and f"{chosen.findings}" in text:
                print(f"{one.name}: {text}")
    return 0 if all(one.good for one in results) else 1


def tried(corpus: Path, wanted: list[str], jobs: int) -> Iterator[Result]:
    """The results, in the order of the names."""
    shares = [(corpus, wanted[at : at + SHARE]) for at in range(0, len(wanted), SHARE)]
    if jobs == 1:
        for share in shares:
            yield from _share(share)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for results in pool.map(_share, shares):
            yield from results


def _share(share: tuple[Path, list[str]]) -> list[Result]:
    logging.disable(logging.WARNING)
    trial = Trial()
    try:
        return [trial.of(drawing(share[0], name)) for name in share[1]]
    finally:
        trial.close()


def report(results: list[Result]) -> str:
    """What people read."""
    outcomes = Counter(one.outcome for one in results)
    failures = [one for one in results if not one.good]
    lines = [f"{len(results)} diagrams"]
    lines.append(f"  as they are: {sum(not one.strict for one in results)} deployed; refused with:")
    lines += _top(Counter(code for one in results for code in one.strict))
    lines.append(
        f"  with an operation, a name and a value for all that lacks one: {outcomes['walked']} walked to the end "
        f"({sum(one.walks for one in results)} processes, {sum(one.steps for one in results)} steps), "
        f"{outcomes['halted']} halted by an incident that is true of the drawing, {outcomes['refused']} refused with:"
    )
    lines += _top(Counter(code for one in results for code in one.codes if one.good))
    lines.append(f"  neither: {len(failures)}")
    for one in failures:
        lines.append(f"    {one.outcome}: {one.name}")
        lines += [f"        {text}" for text in one.why[:4]]
    return "\n".join(lines)


def _top(counts: Counter[str]) -> list[str]:
    return [f"    {number:5}  {code}" for code, number in counts.most_common()]


if __name__ == "__main__":
    sys.exit(main())
