"""Trackers, one file each, found by name."""
