"""Searching all orders in which messages may be delivered, on the pure actors: the shortest one that shows
something.
"""
