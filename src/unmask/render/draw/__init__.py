"""Draws the layers of one person under one light, and backgrounds."""
