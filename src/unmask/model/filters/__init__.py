"""Filters: one file each, holding `ALIGNED` and `Filter`, a layer without parameters from pixels to traces in them."""
