"""The reader `decord` (FFmpeg 4.1, no longer maintained): RGB of 8 bits; for those who compare with what they had.

What it gets wrong or cannot do, tested in `tests/readers`:

- It knows no AV1, no stream without a container, and no animation, and gives up at damage; ten bits become eight.
- In MPEG program streams it starts in the middle, so only MP4, MOV, Matroska and WebM are read; others are refused.
- Seeking, and skipping frames, give wrong ones where groups of pictures are open. So every frame is decoded, in order.
- Of several video streams it takes the one that FFmpeg likes best, the other readers the first. Such files are refused.
- It turns frames upright itself, so that no rotation is left to be done. Of turned ones less than 64 pixels wide it
  takes the ends of lines for a fourth colour; such are refused.
- Colours are converted as FFmpeg 4.1 does: a level or two from those of the reader `pyav`.
"""

from pathlib import Path

import av
import numpy as np

from unmask.errors import VideoError
from unmask.extract.reader import Choose, Reading, line_of
from unmask.video import Picture, opened

# Names of FFmpeg's demultiplexers.
CONTAINERS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")


def read(path: Path, choose: Choose, max_pixels: int) -> Reading:
    """Read a video.

    Raises:
        VideoError: It cannot be opened, is of a sort that decord gets wrong, or a frame does not decode.
    """
    import decord

    with opened(path, max_pixels) as (container, _):
        if container.format.name not in CONTAINERS:
            raise VideoError(f"the reader decord is not exact in the container {container.format.name}; use pyav")
        if (count := len(container.streams.video)) > 1:
            raise VideoError(f"holds {count} video streams; the reader decord would not take the first; use pyav")
    try:
        video = decord.VideoReader(str(path), ctx=decord.cpu(0), num_threads=1)
        times = np.asarray(video.get_frame_timestamp(range(len(video))), np.float64)[:, 0]
        line = line_of(times - times[:1], np.isin(np.arange(len(video)), video.get_key_indices()))
        places = choose(line)
        kept = {}
        for place in range(max(places) + 1):
            image = video.next()
            if place in set(places):
                if image.shape[2] != 3:
                    raise VideoError("decord garbles frames that are as narrow; use pyav")
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image.asnumpy()), format="rgb24")
                kept[place] = Picture(place, float(line.seconds[place]), 0, frame)
    except StopIteration:
        raise VideoError("decord decodes fewer frames than it announces") from None
    except decord.DECORDError as error:
        raise VideoError(f"decord cannot decode it: {_first_line(error)}") from None
    return Reading(len(line), [kept[place] for place in places], "")


def _first_line(error: Exception) -> str:
    """Leave out where in its sources decord failed, and the path."""
    text = str(error).partition("\n")[0]
    return text.rpartition("] ")[2].strip() or text
