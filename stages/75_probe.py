"""Probe: model, manifests and crops -> scores of secondary heads on the frozen network."""

from unmask.probe.step import probe
from unmask.stage import run

if __name__ == "__main__":
    run(probe)
