"""Readers of other people's model files, as data: nothing in a file is ever imported or called."""
