"""The reader `pyav` (FFmpeg of today): all that decodes, exact in number, time, colour and rotation.

Most videos take one pass over their packets, which decodes nothing, and one that decodes what the chosen frames need
(see `packets`). What comes out must then be, one by one, the frames that were announced. If anything else comes out, or
if packets are damaged, or have no time stamps or equal ones, or do not begin with a whole group, the whole video is
decoded: frames are then numbered as they come out, and chosen among those in which no damage can show, if there are
any.

So frames that were passed over are taken to decode; only damage in those to which nothing refers goes unnoticed.
"""

from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from unmask.decoding import decode
from unmask.errors import VideoError
from unmask.extract.packets import DECODE, OMIT, THIN, Packets, survey
from unmask.extract.reader import Choose, Line, Reading, line_of
from unmask.pixels import detached
from unmask.video import Picture, check_size, opened, quarter, sentences

# Frames that a decoder holds back, at most, to give them in order of time (in H.264 and HEVC).
REORDERED = 16


def read(path: Path, choose: Choose, max_pixels: int) -> Reading:
    """Read a video.

    Raises:
        VideoError: It cannot be opened, or no frame decodes.
    """
    packets = survey(path, max_pixels)
    found = _direct(path, packets, choose, max_pixels) if packets.clean else None
    return found or whole(path, choose, max_pixels, len(packets.stamps))


def _direct(path: Path, packets: Packets, choose: Choose, max_pixels: int) -> Reading | None:
    """Decode what the chosen frames need; None if other frames come out than were announced."""
    line, frames = packets.line(), packets.frames
    places = choose(line)
    wanted = frames[places]
    plan = packets.plan(wanted)
    awaited = np.sort(packets.stamps[packets.shown & (plan == DECODE)])
    numbers = {int(packets.stamps[packet]): place for packet, place in zip(wanted, places, strict=True)}
    kept: dict[int, Picture] = {}
    came = 0
    try:
        # Also those that come out after the last chosen one: it may refer to them.
        for stamp, frame in zip(awaited, _planned(path, plan, max_pixels), strict=False):
            # Of interlaced ones each half may be a packet, and one of them left out.
            halved = frame.interlaced_frame and packets.known
            if frame.pts != stamp or frame.is_corrupt or halved:
                return None
            came += 1
            if (place := numbers.get(int(stamp))) is not None:
                check_size(frame, max_pixels)
                seconds, turn = float(line.seconds[place]), quarter(frame.rotation)
                kept[place] = Picture(place, seconds, turn, detached(frame), bool(line.keys[place]))
    except VideoError:
        return None
    return Reading(len(line), [kept[place] for place in places], "") if came == len(awaited) else None


def _planned(path: Path, plan: NDArray[np.int8], max_pixels: int) -> Iterator[av.VideoFrame]:
    """Give the frames that come out when packets are treated as planned."""
    with opened(path, max_pixels) as (container, stream), sentences():
        context = stream.codec_context
        for packet, what in zip(container.demux(stream), [*plan.tolist(), DECODE], strict=False):
            if what != OMIT:
                context.skip_frame = "NONREF" if what == THIN else "DEFAULT"
                yield from context.decode(packet)


def whole(path: Path, choose: Choose, max_pixels: int, expected: int = 0) -> Reading:
    """Decode everything to see what there is, and again to keep what is chosen, unless it was guessed.

    Args:
        path: The video.
        choose: Chooses among the frames.
        max_pixels: Frames may not have more pixels.
        expected: How many frames there may be, for the guess; any number gives the same.

    Raises:
        VideoError: It cannot be opened, or no frame decodes.
    """
    seconds, orders, keys, sound, reason = array("d"), array("q"), bytearray(), bytearray(), ""
    guess = set(choose(line_of(range(expected), [True] * expected))) if expected else set()
    kept: dict[int, Picture] = {}
    try:
        for picture in decode(path, max_pixels):
            seconds.append(picture.seconds)
            orders.append(picture.order)
            keys.append(picture.key)
            sound.append(picture.sound)
            if not picture.sound:
                # Those that came out before it, but were decoded after it, may refer to it.
                for before in range(max(picture.index - REORDERED, 0), picture.index):
                    sound[before] &= orders[before] < orders[-1]
            if picture.index in guess:
                kept[picture.index] = replace(picture, frame=detached(picture.frame))
    except VideoError as error:
        if not seconds:
            raise
        reason = str(error)
    if not seconds:
        raise VideoError("no frame decodes")
    numbers = np.flatnonzero(np.frombuffer(sound, np.bool_)) if any(sound) else np.arange(len(seconds))
    if reason:
        reason += f"; {sum(sound)} of {len(seconds)} frames are sound"
    line = Line(numbers, np.array(seconds)[numbers], np.frombuffer(keys, np.bool_)[numbers])
    chosen = [int(numbers[place]) for place in choose(line)]
    if not kept.keys() >= set(chosen):
        kept.clear()
        kept = _take(path, set(chosen), max_pixels)
    return Reading(len(line), [kept[number] for number in chosen], reason)


def _take(path: Path, wanted: set[int], max_pixels: int) -> dict[int, Picture]:
    kept: dict[int, Picture] = {}
    for picture in decode(path, max_pixels):
        if picture.index in wanted:
            kept[picture.index] = replace(picture, frame=detached(picture.frame))
            if len(kept) == len(wanted):
                break
    return kept
