"""unmask: from folders of videos to audited faces, deepfake detectors and honest cross-dataset numbers."""

__version__ = "0.1.0"
