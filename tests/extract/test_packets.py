"""Packets: what may be left out, and what may not."""

from pathlib import Path

import av
import pytest
from filmed import MANY, UNIFORM, facts, film, place_of, plainly

from unmask.extract.choose import chooser
from unmask.extract.packets import DECODE, OMIT, THIN, Packets, survey
from unmask.extract.readers import pyav
from unmask.extract.units import Unit, hevc


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
