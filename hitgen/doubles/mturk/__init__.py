"""A marketplace that speaks the MTurk protocol."""
