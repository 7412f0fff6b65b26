"""The reader `pyav`: whatever it leaves out, frames, times and pixels are those of plain decoding."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.codec.context import Flags
from filmed import MANY, POLICIES, UNIFORM, facts, film, plainly

from unmask.errors import VideoError
from unmask.extract.choose import chooser
from unmask.extract.packets import survey
from unmask.extract.readers import pyav

INTERLACED = Flags.interlaced_dct | Flags.interlaced_me
OPEN = "keyint=10:min-keyint=10:open-gop=1:bframes=3:scenecut=0:log-level=none"
# Name, suffix, and how it is encoded.
ENCODINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("closed groups", "mp4", {"g": "8"}),
    ("one group", "mp4", {"g": "1000"}),
    ("no B-frames", "mp4", {"g": "8", "bf": "0"}),
    ("a pyramid of B-frames", "mkv", {"g": "16", "bf": "5", "b_pyramid": "strict"}),
    ("open groups", "mp4", {"g": "8", "x264_params": "open-gop=1"}),
    ("gradual refresh", "mp4", {"g": "12", "intra_refresh": "1"}),
    ("several slices", "mp4", {"g": "8", "x264_params": "slices=3"}),
    ("start codes", "ts", {"g": "8"}),
    ("no stamps", "h264", {"g": "8"}),
    ("in AVI", "avi", {"g": "8", "bf": "0"}),
    ("ten bits", "mp4", {"g": "8", "pixel_format": "yuv420p10le"}),
    ("odd sizes", "mp4", {"g": "8", "pixel_format": "yuv444p", "size": (35, 27)}),
    ("interlaced", "mp4", {"g": "8", "flags": INTERLACED}),
    ("interlaced, start codes", "ts", {"g": "8", "flags": INTERLACED}),
    ("HEVC", "mp4", {"codec": "libx265", "x265_params": "keyint=8:open-gop=0:log-level=none"}),
    ("HEVC, open groups", "mkv", {"codec": "libx265", "x265_params": "keyint=8:open-gop=1:log-level=none"}),
    ("HEVC, layers", "mp4", {"codec": "libx265", "x265_params": "temporal-layers=3:bframes=3:log-level=none"}),
    ("HEVC, start codes", "ts", {"codec": "libx265", "x265_params": "keyint=8:log-level=none"}),
    ("VP9", "webm", {"codec": "libvpx-vp9", "g": "8", "deadline": "realtime", "cpu_used": "8", "auto-alt-ref": "1"}),
    ("AV1", "mp4", {"codec": "libsvtav1", "g": "8", "preset": "12"}),
    ("MPEG-4", "mp4", {"codec": "mpeg4", "g": "8", "bf": "2"}),
    ("MPEG-4 in AVI", "avi", {"codec": "mpeg4", "g": "8", "bf": "2"}),
    ("MPEG-2", "mpg", {"codec": "mpeg2video", "g": "8", "bf": "2"}),
    ("MPEG-2, interlaced", "ts", {"codec": "mpeg2video", "g": "8", "flags": INTERLACED}),
    ("Motion JPEG", "avi", {"codec": "mjpeg", "pixel_format": "yuvj420p"}),
    ("FFV1", "mkv", {"codec": "ffv1"}),
]


@pytest.mark.parametrize(("name", "suffix", "how"), ENCODINGS, ids=[name for name, _, _ in ENCODINGS])
def test_every_encoding_gives_the_frames_of_plain_decoding(
    tmp_path: Path, name: str, suffix: str, how: dict[str, Any]
) -> None:
    path = film(tmp_path / f"a.{suffix}", **how)
    expected = plainly(path)
    assert len(expected) == 48
    for sampling in POLICIES:
        found = pyav.read(path, chooser(sampling), MANY)
        assert found.reason == ""
        assert found.count == 48
        assert facts(found.pictures) == [expected[picture.index] for picture in found.pictures]


def test_every_real_video_gives_the_frames_of_plain_decoding(shared: Path) -> None:
    files = sorted((shared / "data" / "videos").glob("*/*")) + sorted((shared / "data" / "odd").iterdir())
    for path in files:
        if path.stem == "tests_test_data_corrupted":
            continue
        expected = plainly(path)
        found = pyav.read(path, chooser(UNIFORM), MANY)
        assert (found.count, found.reason) == (len(expected), ""), path
        assert len(found.pictures) == min(8, len(expected))
        assert facts(found.pictures) == [expected[picture.index] for picture in found.pictures], path


@pytest.mark.parametrize("sampling", POLICIES, ids=lambda sampling: sampling["policy"])
@pytest.mark.parametrize("name", ["odd/datasets_data_bikes.mp4", "odd/test_resources_h265_video.mp4"])
def test_policies_on_real_videos(shared: Path, name: str, sampling: dict[str, Any]) -> None:
    expected = plainly(shared / "data" / name)
    found = pyav.read(shared / "data" / name, chooser(sampling), MANY)
    assert facts(found.pictures) == [expected[picture.index] for picture in found.pictures]


# Name, suffix, what is encoded, and the number of packets that are left.
CUT: list[tuple[str, str, dict[str, Any], int]] = [
    ("H.264, open groups", "mkv", {"g": "10", "x264_params": "open-gop=1:scenecut=0", "b_pyramid": "none"}, 100),
    ("H.264, groups", "ts", {"g": "20", "b_pyramid": "none"}, 100),
    ("HEVC, open groups", "ts", {"codec": "libx265", "x265_params": f"{OPEN}:b-pyramid=0"}, 100),
    ("HEVC, open groups, a pyramid", "mkv", {"codec": "libx265", "x265_params": f"{OPEN}:b-pyramid=1"}, 100),
    ("MPEG-2, one group", "ts", {"codec": "mpeg2video", "g": "10", "bf": "2"}, 9),
]


def cut(path: Path, start: int, count: int) -> Path:
    """Copy some packets of a video, as recorders and cutters do that do not encode anew."""
    part = path.with_name(f"{start}{path.suffix}")
    with av.open(str(path)) as source, av.open(str(part), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        for packet in packets[start : start + count]:
            packet.stream = stream
            target.mux(packet)
    return part


@pytest.mark.parametrize(("name", "suffix", "how", "left"), CUT, ids=[name for name, *_ in CUT])
def test_videos_whose_beginning_was_cut_off(tmp_path: Path, name: str, suffix: str, how: Any, left: int) -> None:
    """Frames that refer to what is gone do not come out; so they have no number."""
    whole = film(tmp_path / f"a.{suffix}", frames=60, **how)
    second = int(np.flatnonzero(survey(whole, MANY).keys)[1])
    path = cut(whole, second if suffix == "mkv" or left < 60 or "x265" in str(how) else 5, left)
    expected = plainly(path)
    assert 0 < len(expected) < min(left, 60 - second + 5)
    for sampling in (*POLICIES, {"policy": "uniform", "frames": 1}):
        found = pyav.read(path, chooser(sampling), MANY)
        assert found.count == len(expected)
        assert facts(found.pictures) == [expected[picture.index] for picture in found.pictures]


def test_frames_may_not_be_too_large(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="a frame of 96x64 has more than 6000 pixels"):
        pyav.read(path, chooser(UNIFORM), 6000)


PEAK = """
import resource, sys
from pathlib import Path
from unmask.extract.choose import chooser
from unmask.extract.readers import pyav
found = pyav.read(Path(sys.argv[1]), chooser({"policy": "uniform", "frames": 8}), 1 << 30)
assert len(found.pictures) == 8
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("suffix", ["mp4", "h264"])
def test_memory_does_not_grow_with_the_length(tmp_path: Path, suffix: str) -> None:
    peaks = []
    for frames in (120, 1200):
        path = film(tmp_path / f"{frames}.{suffix}", frames=frames, size=(320, 240), preset="ultrafast", g="50")
        done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] <= 1.1 * peaks[0]


def test_stamps_that_are_not_even_are_kept(tmp_path: Path) -> None:
    stamps = np.cumsum([0, 40, 40, 400, 40, 1000, 40, 40])
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = int(stamp), stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = pyav.read(path, chooser({"policy": "uniform", "frames": 100}), MANY)
    assert [picture.seconds for picture in found.pictures] == pytest.approx((stamps / 1000).tolist())
