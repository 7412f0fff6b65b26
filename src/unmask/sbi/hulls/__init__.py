"""Outlines of a face, one file each: `parts` gives sets of points, and the mask is the union of their convex hulls."""
