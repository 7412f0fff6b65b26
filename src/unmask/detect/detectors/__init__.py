"""Face detectors, one file each, found by name and imported when `detect.detector.name` chooses them."""
