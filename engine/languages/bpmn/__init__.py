"""BPMN 2.0 diagrams of the Camunda Modeler: `read_diagram` parses one, `lint` checks it."""

from engine.languages.bpmn.lint import lint
from engine.languages.bpmn.model import Element, ProcessModel
from engine.languages.bpmn.parser import Diagram, read_diagram

__all__ = ["Diagram", "Element", "ProcessModel", "lint", "read_diagram"]
