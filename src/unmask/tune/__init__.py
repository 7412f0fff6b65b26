"""Tune: validation scores -> operating_points.json, thresholds and temperature."""
