"""All frames of a video, as far as it decodes."""

from pathlib import Path

from unmask.decoding import decode
from unmask.errors import VideoError
from unmask.video import Picture

MANY = 1 << 30


def decoded(path: Path) -> list[Picture]:
    """Decode all that decodes."""
    pictures = []
    try:
        for picture in decode(path, MANY):
            pictures.append(picture)
    except VideoError:
        assert pictures, "nothing decodes"
    return pictures
