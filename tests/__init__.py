"""Tests of the whole project; `tests/README.md` says which folder asks what."""
