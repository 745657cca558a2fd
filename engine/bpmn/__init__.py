"""Reads BPMN diagrams as the Camunda Modeler writes them: elements, their dialect, and what is wrong with them."""

from engine.bpmn.lint import lint
from engine.bpmn.model import Element, ProcessModel
from engine.bpmn.reader import Diagram, read_diagram

__all__ = ["Diagram", "Element", "ProcessModel", "lint", "read_diagram"]
