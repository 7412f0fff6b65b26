"""Heads: one file each, holding `Settings` and `build`, which puts a head on a backbone of timm."""
