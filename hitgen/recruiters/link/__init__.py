"""People of one's own: personal addresses, answers by a way of one's own."""
