"""Packets: what a video's packets say without being decoded, and which of them must be decoded for some frames.

Two sorts of packets may be left out without changing a pixel of the wanted frames; which they are is taken from the
packets themselves (see `units`), not from what the container says of them:

- those to which nothing refers (found in H.264 and HEVC; the decoder itself discards them when told so), and
- all from the last wanted one to the next IDR picture, which empties the decoder, so that nothing after it refers to
  anything before; only where the parameters of the stream never change.

All other codecs are decoded in full.
"""

from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.errors import VideoError
from unmask.extract.reader import Line
from unmask.extract.units import Look
from unmask.video import is_flush, opened, sentences

# What is done with a packet: decoded, decoded only if something refers to it, or not even given to the decoder.
DECODE, THIN, OMIT = 0, 1, 2


@dataclass(frozen=True)
class Packets:
    """The packets of a video in the order of the file, the empty one at the end left out.

    Attributes:
        stamps: When each is shown, in the stream's units.
        shown: Whether it gives a frame (what an edit list cuts away is decoded, but not shown).
        keys: Whether it is a key frame.
        spare: Whether nothing refers to it.
        fresh: Whether nothing after it refers to anything before it.
        constant: Whether the parameters of the stream never change.
        clean: Whether every packet is whole and has a time stamp of its own, and the first begins a whole group.
        unit: Seconds of one unit.
    """

    stamps: NDArray[np.int64]
    shown: NDArray[np.bool_]
    keys: NDArray[np.bool_]
    spare: NDArray[np.bool_]
    fresh: NDArray[np.bool_]
    constant: bool
    clean: bool
    unit: float

    @property
    def known(self) -> bool:
        """Tell whether some packets may be left out."""
        return bool(self.spare.any() or self.fresh.any())

    @property
    def frames(self) -> NDArray[np.int64]:
        """Give the packets that are shown, in order of time."""
        order = np.argsort(self.stamps, kind="stable")
        return np.asarray(order[self.shown[order]])

    def line(self) -> Line:
        """Give the frames as they can be chosen."""
        frames = self.frames
        stamps = self.stamps[frames].astype(np.float64)
        return Line(np.arange(len(frames)), (stamps - stamps[:1]) * self.unit, self.keys[frames])

    def plan(self, wanted: NDArray[np.int64]) -> NDArray[np.int8]:
        """Say for every packet what is done with it, so that the wanted ones come out as if all were decoded."""
        plan = np.where(self.spare, THIN, DECODE).astype(np.int8)
        plan[wanted] = DECODE
        group = np.cumsum(self.fresh) if self.constant else np.zeros(len(plan), np.int64)
        last = np.full(group[-1] + 1, -1)
        np.maximum.at(last, group[wanted], wanted)
        plan[np.arange(len(plan)) > last[group]] = OMIT
        # The decoder starts as it always does, with the first packet.
        plan[0] = DECODE
        return plan


def survey(path: Path, max_pixels: int) -> Packets:
    """Read all packets of a video without decoding any.

    Raises:
        VideoError: It cannot be opened.
    """
    stamps, marks = array("q"), bytearray()
    clean = True
    with opened(path, max_pixels) as (container, stream):
        look = Look(stream.codec_context)
        try:
            with sentences():
                for packet in container.demux(stream):
                    if is_flush(packet):
                        break
                    clean &= packet.pts is not None and packet.size > 0 and not packet.is_corrupt
                    stamps.append(packet.pts or 0)
                    spare, fresh = look.at(packet)
                    marks.append((not packet.is_discard) | packet.is_keyframe << 1 | spare << 2 | fresh << 3)
        except VideoError:
            clean = False
        unit = float(stream.time_base or 0)
    shown, keys, spare_, fresh_ = (np.frombuffer(marks, np.uint8) >> place & 1 == 1 for place in range(4))
    times = np.array(stamps, np.int64)
    clean &= 0 < np.count_nonzero(shown) == len(np.unique(times[shown]))
    # Where the beginning was cut off, decoders leave frames out: those shown before the first key frame, or all before
    # a later one.
    begins = clean and times[0] <= times[shown].min() and (fresh_[0] or not look.knows)
    return Packets(times, shown, keys, spare_ & (not look.odd), fresh_, look.constant, bool(begins), unit)
