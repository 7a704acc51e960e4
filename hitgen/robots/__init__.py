"""Workers that need no person: who works pages in a real browser."""
