"""Lint of BPMN diagrams: `lint` gives every finding of a diagram. One file for each group of checks."""

from engine.languages.bpmn.lint.linter import LintContext, lint

__all__ = ["LintContext", "lint"]
