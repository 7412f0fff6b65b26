"""Tune: validation scores -> operating_points.json, thresholds and temperature."""

from unmask.stage import run
from unmask.tune.step import tune

if __name__ == "__main__":
    run(tune)
