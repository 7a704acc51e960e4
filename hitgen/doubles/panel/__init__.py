"""Panels that send people with an id in the address and take them back, each as its own description has it."""
