"""Decode all of a video in order, also what comes after damage, trusting nothing that the container announces."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from unmask.errors import VideoError
from unmask.video import Picture, check_size, is_flush, opened, quarter, sentences


def decode(path: Path, max_pixels: int) -> Iterator[Picture]:
    """Decode all of a video's frames in order, also those after damage.

    Counts that the container announces are not used. A time stamp that is missing or does not grow is replaced by
    the one before plus the length of a frame.

    Args:
        path: The video.
        max_pixels: Frames may not have more pixels.

    Yields:
        Every frame that comes out of the decoder. From damage to the next key frame they are not `sound`.

    Raises:
        VideoError: It cannot be opened; or, after all frames, what is damaged.
    """
    with opened(path, max_pixels) as (container, stream):
        damage = _Damage()
        clock = Clock(stream)
        for index, frame in enumerate(_frames(container, stream, damage)):
            check_size(frame, max_pixels)
            sound = damage.spares(frame)
            order = frame.opaque if isinstance(frame.opaque, int) else index
            turn = quarter(frame.rotation)
            yield Picture(index, clock.seconds(frame.pts), turn, frame, frame.key_frame, sound, order)
    if damage.reasons:
        raise VideoError(damage.sentence())


class Clock:
    """Gives frames the time since the first one; what is missing or does not grow is replaced."""

    def __init__(self, stream: VideoStream) -> None:
        """Take the units from a stream."""
        self._unit = stream.time_base or Fraction(0)
        self._step = 1 / Fraction(stream.average_rate or stream.guessed_rate or 25)
        self._first: Fraction | None = None
        self._last = Fraction(0)

    def seconds(self, stamp: int | None) -> float:
        """Give the time of the next frame, whose stamp in the stream's units may be missing."""
        time = None if stamp is None else stamp * self._unit
        if self._first is None:
            self._first = self._last = time or Fraction(0)
        else:
            self._last = self._last + self._step if time is None or time <= self._last else time
        return float(self._last - self._first)


class _Damage:
    """Keeps what went wrong in one video, and tells in which frames it may show."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self._packets = 0
        self._struck: list[int] = []  # numbers of packets from which damage may spread

    def meet(self, packet: "av.Packet[VideoStream]") -> None:
        """Number a packet, so that its frame can be told."""
        self._packets += 1
        packet.opaque = self._packets
        if packet.is_corrupt:
            self.note("a packet is cut off or marked as damaged")

    def note(self, reason: str) -> None:
        """Note what went wrong in the latest packet."""
        self.reasons.append(reason)
        self._struck.append(self._packets)

    def spares(self, frame: av.VideoFrame) -> bool:
        """Tell of a frame, as it comes out, whether damage cannot show in it."""
        own = frame.opaque if isinstance(frame.opaque, int) else self._packets
        if frame.is_corrupt:
            self.reasons.append("a frame shows damage")
            self._struck.append(own)
        elif frame.key_frame:
            self._struck = [packet for packet in self._struck if packet >= own]
        return all(packet > own for packet in self._struck)

    def sentence(self) -> str:
        return f"damaged in {len(self.reasons)} places, first: {self.reasons[0]}"


def _frames(container: InputContainer, stream: VideoStream, damage: _Damage) -> Iterator[av.VideoFrame]:
    """Give all frames that come out of the decoder, whatever happens on the way."""
    packets = container.demux(stream)
    stream.codec_context.copy_opaque = True
    ended = False
    while not ended:
        packet = None
        try:
            with sentences():
                packet = next(packets, None)
            ended = packet is None or is_flush(packet)
        except VideoError as error:
            damage.note(f"breaks off: {error}")
            ended = True
        if packet is not None:
            damage.meet(packet)
        try:
            with sentences():
                yield from stream.codec_context.decode(None if ended else packet)
        except VideoError as error:
            damage.note(str(error))
