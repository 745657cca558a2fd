"""Lint of BPMN diagrams: `lint` gives every finding of a diagram before it is deployed, one file for each family."""

from engine.languages.bpmn.lint.linter import LintContext, lint

__all__ = ["LintContext", "lint"]
