"""Names of the columns of `faces` that hold places; a worker needs them, and not the table."""

POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
LANDMARKS = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")
BOX = ("x0", "y0", "x1", "y1")
