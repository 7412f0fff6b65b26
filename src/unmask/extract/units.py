"""Units: what the headers of the units say that packets of H.264 and HEVC consist of, and nothing else.

- H.264 (ITU-T H.264, 7.3.1 and 7.4.1): five bits of type, two of `nal_ref_idc`, which is 0 in a picture that no other
  refers to. Types 1 to 5 are of pictures, 5 of IDR pictures, 7, 8, 13 and 15 hold parameters.
- HEVC (ITU-T H.265, 7.3.1.2 and 7.4.2.2): six bits of type, six of layer, three of temporal id plus 1. Types below 32
  are of pictures, 19 and 20 of IDR pictures, 32 to 34 hold parameters, 36 and 37 end a sequence. Even types below 16
  are of pictures to which none of the same temporal layer refers; so they mean something only where there is a single
  one. Those from 8 on may not be shown at all (8 and 9 lead a group whose beginning was cut off). Pictures before a BLA
  picture (16 to 18), or before an IDR picture with the flag in the first byte of its slices, may be thrown away.
"""

from collections.abc import Iterator
from typing import NamedTuple

import av
from av.video.stream import VideoStream

START = b"\0\0\1"
H264, HEVC = "h264", "hevc"


class Unit(NamedTuple):
    """What a unit's header says: of which sort it is, and of a picture whether any refers to it or past it.

    Attributes:
        picture: Whether it is of a picture.
        parameters: Whether it holds parameters, or ends what they hold for.
        spare: Whether nothing refers to it.
        fresh: Whether nothing after it refers to anything before it.
        layered: Whether it is of another layer than the first.
        sheds: Whether pictures that wait to be shown may be thrown away because of it.
    """

    picture: bool
    parameters: bool
    spare: bool
    fresh: bool
    layered: bool
    sheds: bool


def h264(data: memoryview) -> Unit:
    """Read the header of a unit of H.264."""
    kind = data[0] & 31
    return Unit(1 <= kind <= 5, kind in (7, 8, 13, 15), not data[0] & 96, kind == 5, layered=False, sheds=False)


def hevc(data: memoryview) -> Unit:
    """Read the header of a unit of HEVC."""
    kind, layer, temporal = data[0] >> 1 & 63, (data[0] & 1) << 5 | data[1] >> 3, data[1] & 7
    idr, layered = kind in (19, 20), layer > 0 or temporal != 1
    sheds = kind in (16, 17, 18) or (idr and data[2] & 64 > 0)
    return Unit(kind < 32, kind in (32, 33, 34, 36, 37), kind in (0, 2, 4, 6), idr, layered, sheds)


HEADERS = {H264: h264, HEVC: hevc}


class Look:
    """Looks at the packets of one stream, in order.

    Attributes:
        odd: Whether pictures are of several layers, or may be thrown away: then none is known to be spare.
        constant: Whether the first packet, or what stands before it, had all parameters, and they never changed; nor
            may pictures be thrown away.
    """

    def __init__(self, context: av.VideoCodecContext) -> None:
        """Take the codec of a stream, and how its units are told apart."""
        codec = context.codec.canonical_name
        self.odd = False
        self.constant = True
        self._header = HEADERS.get(codec)
        self._length = _length(codec, context.extradata or b"")
        self._sets: list[bytes] | None = None

    @property
    def knows(self) -> bool:
        """Tell whether the headers of this codec are known."""
        return self._header is not None

    def at(self, packet: "av.Packet[VideoStream]") -> tuple[bool, bool]:
        """Tell of the next packet whether nothing refers to it, and whether nothing after it refers past it."""
        if self._header is None:
            return False, False
        sets, pictures = [], []
        try:
            for data in _split(packet, self._length):
                unit = self._header(data)
                if unit.parameters:
                    sets.append(bytes(data))
                elif unit.picture:
                    pictures.append(unit)
        except IndexError:  # it is cut short
            self.constant = False
            return False, False
        sheds = any(unit.sheds for unit in pictures)
        self.odd |= sheds or any(unit.layered for unit in pictures)
        if self._sets is None:
            self._sets = sets
        self.constant &= not sheds and sets in ([], self._sets) and not packet.has_sidedata("new_extradata")
        spare, fresh = (bool(pictures) and all(unit[place] for unit in pictures) for place in (2, 3))
        return spare, fresh


def _length(codec: str, extradata: bytes) -> int:
    """Give the bytes of a unit's length that stand before it; 0 if start codes do (ISO/IEC 14496-15)."""
    if codec == H264 and len(extradata) > 4 and extradata[0] == 1:
        return (extradata[4] & 3) + 1
    if codec == HEVC and len(extradata) > 21 and not extradata.startswith((b"\0\0\1", b"\0\0\0\1")):
        return (extradata[21] & 3) + 1
    return 0


def _split(packet: "av.Packet[VideoStream]", length: int) -> Iterator[memoryview]:
    data = memoryview(packet)
    if not length:
        raw = bytes(data)
        start = raw.find(START)
        while start >= 0:
            after = raw.find(START, start + 3)
            yield data[start + 3 : after if after >= 0 else None]
            start = after
        return
    place = 0
    while place < len(data):
        size = int.from_bytes(data[place : place + length], "big")
        place += length + size
        if place > len(data) or not size:
            raise IndexError
        yield data[place - size : place]
