"""Workers of a Turkle server of one's own."""
