"""Probe: model, manifests and crops -> scores of secondary heads on the frozen network."""
