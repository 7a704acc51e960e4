"""Prolific's interface, as its documentation has it."""
