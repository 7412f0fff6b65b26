"""Augmentations: one file each, holding `Settings` (with a probability `p`) and `apply`, the same for both labels."""
