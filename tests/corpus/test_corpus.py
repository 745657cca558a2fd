"""A sample of the public diagrams: walked to an end or refused with findings. All of them: `make corpus`."""

from __future__ import annotations

import pytest

from tests.corpus.files import drawing, folder, names
from tests.corpus.trial import Trial

EVERY = 26


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_sample_is_walked_or_refused() -> None:
    corpus = folder()
    if corpus is None:
        pytest.skip("the public diagrams are not beside the project (../shared/corpus)")
    trial = Trial()
    try:
        results = [trial.of(drawing(corpus, name)) for name in names(corpus)[::EVERY]]
    finally:
        trial.close()
    bad = [f"{one.outcome}: {one.name} {' '.join(one.why)}" for one in results if not one.good]
    assert not bad, "\n".join(bad)
    assert any(one.outcome == "walked" for one in results)
    assert any(one.outcome == "refused" for one in results)
