"""Video: what a file announces, or a reason why it is none."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from decoded import MANY
from tiny_video import write_video

from unmask.decoding import decode
from unmask.errors import VideoError
from unmask.video import probe


def test_probe_tells_what_the_container_announces(tmp_path: Path) -> None:
    found = probe(write_video(tmp_path / "a.mp4", frames=10), MANY)
    assert (found.width, found.height, found.rotation) == (64, 48, 0)
    assert (found.codec, found.pixel_format, found.frames) == ("h264", "yuv420p", 10)
    assert found.fps == pytest.approx(25)
    assert found.seconds == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"These are the times that try men's souls.\n" * 50, "Invalid data"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n", "Invalid data"),
        (bytes(4096), "Invalid data"),
    ],
)
def test_what_is_no_video_has_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=reason):
        probe(path, MANY)
    with pytest.raises(VideoError, match=reason):
        next(decode(path, MANY))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 44100, 0, Fraction(1, 44100)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(VideoError, match="holds no video stream"):
        probe(path, MANY)
