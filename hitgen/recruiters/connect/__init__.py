"""Participants of CloudResearch Connect, by its API as a public client of it has it; never run against the service."""
