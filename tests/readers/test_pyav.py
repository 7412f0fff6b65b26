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
from filmed import MANY, POLICIES, facts, film, plainly

from unmask.errors import VideoError
from unmask.extract.again import again
from unmask.extract.choose import chooser
from unmask.extract.clips import FAST, write_clip
from unmask.extract.packets import DECODE, OMIT, THIN, Packets, survey
from unmask.extract.reader import numbered
from unmask.extract.readers import pyav
from unmask.extract.sample import read, sample
from unmask.extract.units import Unit, hevc
from unmask.hashing import bytes_sha256

INTERLACED = Flags.interlaced_dct | Flags.interlaced_me
OPEN = "keyint=10:min-keyint=10:open-gop=1:bframes=3:scenecut=0:log-level=none"
UNIFORM = {"policy": "uniform", "frames": 8}

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


# What is left out ---------------------------------------------------------------------------------------------------


def planned(path: Path, wanted: list[int]) -> tuple[Packets, list[int]]:
    """Survey a video and plan for frames of some numbers."""
    packets = survey(path, MANY)
    return packets, packets.plan(packets.frames[wanted]).tolist()


def test_groups_without_wanted_frames_are_left_out(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", frames=80, g="8", bf="0")
    packets, plan = planned(path, [42])
    assert (packets.clean, packets.constant, packets.fresh.sum()) == (True, True, 10)
    # The first packet, and the sixth group up to the wanted frame.
    assert [place for place, what in enumerate(plan) if what != OMIT] == [0, 40, 41, 42]


def test_frames_to_which_nothing_refers_are_left_to_the_decoder(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", frames=40, g="1000", bf="3", b_pyramid="none")
    packets, plan = planned(path, [20, 39])
    assert packets.spare.sum() >= 15
    assert plan.count(THIN) >= 13
    assert {plan[packet] for packet in packets.frames[[20, 39]]} == {DECODE}


def test_layers_of_hevc_may_refer_to_such_frames(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", "libx265", x265_params="temporal-layers=3:bframes=3:log-level=none")
    assert survey(path, MANY).spare.sum() == 0
    path = film(tmp_path / "b.mp4", "libx265", x265_params="bframes=3:log-level=none")
    assert survey(path, MANY).spare.sum() > 10


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("0001d0", Unit(True, False, spare=True, fresh=False, layered=False, sheds=False)),
        ("1001d0", Unit(True, False, spare=False, fresh=False, layered=False, sheds=False)),
        ("2001d0", Unit(True, False, spare=False, fresh=False, layered=False, sheds=True)),
        ("2601a0", Unit(True, False, spare=False, fresh=True, layered=False, sheds=False)),
        ("2601e0", Unit(True, False, spare=False, fresh=True, layered=False, sheds=True)),
        ("0002d0", Unit(True, False, spare=True, fresh=False, layered=True, sheds=False)),
        ("4801", Unit(False, True, spare=False, fresh=False, layered=False, sheds=False)),
    ],
    ids=["trailing", "leading", "BLA", "IDR", "IDR that sheds", "second layer", "end of sequence"],
)
def test_headers_of_hevc(header: str, expected: Unit) -> None:
    assert hevc(memoryview(bytes.fromhex(header))) == expected


def test_pictures_may_be_thrown_away_before_an_idr_picture(tmp_path: Path) -> None:
    """Its slices have the flag `no_output_of_prior_pics_flag`."""
    path = film(tmp_path / "a.mp4", "libx265", x265_params="keyint=10:open-gop=0:bframes=3:scenecut=0:log-level=none")
    assert survey(path, MANY).constant
    data = bytearray(path.read_bytes())
    for place, size in [place_of(path, number) for number in range(48)]:
        end = place + size
        while place < end:
            if data[place + 4] >> 1 in (19, 20):
                data[place + 6] |= 64
            place += 4 + int.from_bytes(data[place : place + 4], "big")
    path.write_bytes(data)
    packets = survey(path, MANY)
    assert not packets.constant
    assert not packets.spare.any()
    expected = plainly(path)
    assert len(expected) < 48
    found = pyav.read(path, chooser(UNIFORM), MANY)
    assert facts(found.pictures) == [expected[picture.index] for picture in found.pictures]


def test_groups_are_kept_where_parameters_change_on_the_way(tmp_path: Path) -> None:
    """Two recordings with other parameters, one behind the other in one stream."""
    parts = [film(tmp_path / f"{n}.h264", frames=16, g="8", bf=str(n), crf=str(20 + n)) for n in (0, 2)]
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert not survey(path, MANY).constant
    remuxed = tmp_path / "both.mp4"
    with av.open(str(path)) as source, av.open(str(remuxed), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size:
                packet.stream, packet.pts, packet.dts = stream, number * 512, number * 512
                target.mux(packet)
    for file in (path, remuxed):
        expected = plainly(file)
        found = pyav.read(file, chooser({"policy": "uniform", "frames": 3}), MANY)
        assert [fact[2] for fact in facts(found.pictures)] == [expected[p.index][2] for p in found.pictures]


# Damage -------------------------------------------------------------------------------------------------------------


def place_of(path: Path, number: int) -> tuple[int, int]:
    """Give first byte and size of a packet."""
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][number]
        assert packet.pos is not None
        return packet.pos, packet.size


def damaged(path: Path, number: int) -> Path:
    """Overwrite the larger part of one packet."""
    place, size = place_of(path, number)
    data = bytearray(path.read_bytes())
    data[place + 12 : place + size] = bytes([0xFF]) * (size - 12)
    path.write_bytes(data)
    return path


def test_damage_in_the_middle_costs_its_group(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", frames=60, g="10", bf="0", x264_params="scenecut=0")
    whole = plainly(path)
    found = pyav.read(damaged(path, 14), chooser({"policy": "uniform", "frames": 6}), MANY)
    assert "damaged in" in found.reason
    assert "54 of 60 frames are sound" in found.reason
    assert found.count == 54
    assert len(found.pictures) == 6
    assert max(picture.index for picture in found.pictures) > 50
    assert not {picture.index for picture in found.pictures} & set(range(14, 20))
    assert facts(found.pictures) == [whole[picture.index] for picture in found.pictures]


def test_damage_where_nobody_looks_is_not_noticed(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", frames=60, g="10", bf="0", x264_params="scenecut=0")
    whole = plainly(path)
    choose = chooser({"policy": "keyframes", "most": 100})
    found = pyav.read(damaged(path, 14), choose, MANY)
    assert (found.count, found.reason) == (60, "")
    assert facts(found.pictures) == [whole[number] for number in range(0, 60, 10)]


@pytest.mark.parametrize("codec", ["magicyuv", "mjpeg"])
def test_what_a_damaged_frame_shows_does_not_depend_on_the_choice(tmp_path: Path, codec: str) -> None:
    """Decoders leave parts of it as their memory was."""
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = film(tmp_path / "a.avi", codec, frames=10, pixel_format=pixels)
    whole = plainly(path)
    data = bytearray(path.read_bytes())
    for number in (1, 3, 6, 8):
        place, size = place_of(path, number)
        data[place + size // 2 : place + size] = b"\xff" * (size - size // 2)
    path.write_bytes(data)
    some, many = (pyav.read(path, chooser({"policy": "uniform", "frames": n}), MANY).pictures for n in (4, 99))
    every = {fact[0]: fact for fact in facts(many)}
    assert every != {number: whole[number] for number in every}
    assert facts(some) == [every[picture.index] for picture in some]


def test_frames_that_were_numbered_by_decoding_all_are_found_again(tmp_path: Path) -> None:
    """A frame in the middle does not come out; those behind it have other numbers than their packets."""
    path = film(tmp_path / "a.mp4", frames=60, g="10", bf="0", x264_params="scenecut=0")
    place, size = place_of(path, 24)
    data = bytearray(path.read_bytes())
    data[place + 4 : place + size] = bytes([0x1F]) * (size - 4)
    path.write_bytes(data)
    found, blobs = sample(str(path), "video", "pyav", UNIFORM, FAST, MANY)
    numbers = [frame["frame"] for frame in found["frames"]]
    assert "sound" in found["broken"]
    direct = read(path, "video", "pyav", numbered(numbers), MANY).pictures
    assert write_clip([picture.frame for picture in direct], FAST) != blobs["clip"]
    assert again(str(path), "video", "pyav", numbers, bytes_sha256(blobs["clip"]), MANY) == (None, blobs)


def test_a_video_cut_short_gives_what_there_is(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", frames=60, g="10", bf="2")
    whole = plainly(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found = pyav.read(path, chooser(UNIFORM), MANY)
    assert 30 <= found.count <= 45
    assert len(found.pictures) == 8
    assert facts(found.pictures) == [whole[picture.index] for picture in found.pictures]


def test_frames_may_not_be_too_large(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="a frame of 96x64 has more than 6000 pixels"):
        pyav.read(path, chooser(UNIFORM), 6000)


# Memory -------------------------------------------------------------------------------------------------------------

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
