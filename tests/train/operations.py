"""Every operation of augmentation, with options under which it shows."""

OPERATIONS = {
    "flip": {"p": 1.0},
    "rotate": {"p": 1.0, "degrees": [-20, 20]},
    "colour": {"p": 1.0, "brightness": [0.5, 1.5], "contrast": [0.5, 1.5], "saturation": [0.5, 2], "hue": [-0.1, 0.1]},
    "blur": {"p": 1.0, "sigma": [0.5, 2]},
    "jpeg": {"p": 1.0, "quality": [30, 60]},
    "downscale": {"p": 1.0, "factor": [0.3, 0.6]},
}
