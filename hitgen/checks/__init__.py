"""Checks of eyes and screens before the trials, one file a kind."""
