"""Histories: what clients saw, and whether it can be explained by one copy of the data."""
