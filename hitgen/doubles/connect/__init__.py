"""CloudResearch Connect's interface, as a public client of it has it."""
