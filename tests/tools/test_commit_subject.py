"""The hook that reads the subject of a commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.commit_subject import LONGEST, fault_of, main


@pytest.mark.parametrize(
    "message", ["Deadlines move in one statement\n", "x" * LONGEST, "A\n\nwhy\n# note\n"]
)
def test_a_good_message_passes(message: str, tmp_path: Path) -> None:
    file = tmp_path / "message"
    file.write_text(message, encoding="utf-8")
    assert fault_of(message) == ""
    assert main([str(file)]) == 0


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("", "no subject"),
        ("# only a note\n", "no subject"),
        ("x" * (LONGEST + 1), "61"),
        ("A\nB\n", "empty line"),
    ],
)
def test_a_bad_one_is_refused_with_a_sentence(
    message: str, word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "message"
    file.write_text(message, encoding="utf-8")
    assert main([str(file)]) == 1
    assert word in capsys.readouterr().err
