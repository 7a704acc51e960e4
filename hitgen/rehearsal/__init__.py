"""A marketplace on this machine that speaks the MTurk protocol; it shares no code with the publisher."""
