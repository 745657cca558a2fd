"""The languages that analysts write: FEEL, DMN, BPMN, forms."""
