"""The reader `opencv` (`cv2.VideoCapture` on FFmpeg): RGB of 8 bits; for those who compare with what they had.

What it gets wrong or cannot do, tested in `tests/readers`:

- It opens AV1 and decodes nothing; such files are refused. Ten bits become eight.
- It ends at the first frame that does not decode, and does not tell damage from the end.
- Streams without time stamps get the rate that the file announces.
- Colours are converted without the matrix that the video is tagged with.
- It does not tell key frames: the policy `keyframes` gives the first frame alone.
- Every frame is decoded, once to be counted and once more to be had.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from unmask.errors import VideoError
from unmask.extract.reader import Choose, Reading, line_of
from unmask.video import Picture, opened


def read(path: Path, choose: Choose, max_pixels: int) -> Reading:
    """Read a video.

    Raises:
        VideoError: It cannot be opened, or OpenCV decodes nothing of it.
    """
    with opened(path, max_pixels) as (_, stream):
        rate = float(stream.average_rate or stream.guessed_rate or 25)
    stamps = [milliseconds for milliseconds, _ in _grab(path)]
    if not stamps:
        raise VideoError("OpenCV opens it and decodes nothing")
    line = line_of(_growing(stamps, rate), [place == 0 for place in range(len(stamps))])
    places = choose(line)
    kept = {}
    for place, (_, capture) in enumerate(_grab(path)):
        if place in set(places):
            kept[place] = _picture(place, float(line.seconds[place]), capture)
        if len(kept) == len(places):
            return Reading(len(line), [kept[place] for place in places], "")
    raise VideoError("OpenCV decodes fewer frames when asked again")


def _grab(path: Path) -> Iterator[tuple[float, cv2.VideoCapture]]:
    """Give the milliseconds of every frame, and the capture that holds it."""
    # What is no video was refused already; this keeps FFmpeg from following what a file names.
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file"
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    try:
        while capture.grab():
            yield capture.get(cv2.CAP_PROP_POS_MSEC), capture
    finally:
        capture.release()


def _growing(milliseconds: list[float], rate: float) -> list[float]:
    """Give seconds since the first frame; what does not grow is put the length of a frame after the one before."""
    times = [0.0]
    for stamp in milliseconds[1:]:
        time = (stamp - milliseconds[0]) / 1000
        times.append(time if time > times[-1] else times[-1] + 1 / rate)
    return times


def _picture(place: int, seconds: float, capture: cv2.VideoCapture) -> Picture:
    done, image = capture.retrieve()
    if not done:
        raise VideoError(f"OpenCV cannot convert frame {place}")
    # OpenCV counts clockwise.
    rotation = -round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[..., ::-1], np.uint8), format="rgb24")
    return Picture(place, seconds, rotation, frame)
