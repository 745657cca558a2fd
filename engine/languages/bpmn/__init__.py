"""Reads BPMN diagrams as the Camunda Modeler writes them: elements, their dialect, and what is wrong with them."""

from engine.languages.bpmn.lint import lint
from engine.languages.bpmn.model import Element, ProcessModel
from engine.languages.bpmn.parser import Diagram, read_diagram

__all__ = ["Diagram", "Element", "ProcessModel", "lint", "read_diagram"]
