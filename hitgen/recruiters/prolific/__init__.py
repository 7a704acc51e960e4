"""Participants of Prolific."""
