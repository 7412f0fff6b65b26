"""Samplings, one file each, found by name."""
