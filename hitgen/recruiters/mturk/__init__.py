"""Workers of Mechanical Turk, which closed on 30 September 2026, or of what speaks its protocol."""
