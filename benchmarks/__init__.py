"""Measures of the hot paths and of the language, printed by `make bench`."""
