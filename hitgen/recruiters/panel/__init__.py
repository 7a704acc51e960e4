"""Participants of a panel that sends people with an id in the address and wants them back with a code or at an address."""
