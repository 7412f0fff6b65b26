"""Codecs of FFmpeg."""

import io
from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.stream import VideoStream
from bench.store.way import Frames, Image, Video, Way

from unmask.pixels import rgb, storable

SECOND = Fraction(1)


class Codec(Way):
    """A codec of FFmpeg in a container of FFmpeg."""

    def __init__(self, name: str, codec: str, container: str = "nut", /, **options: str | int) -> None:
        """Take the codec and its options."""
        formats = [format.name for format in av.Codec(codec, "w").video_formats or ()]
        super().__init__(name, [name for name in formats if not name.endswith(("f16le", "f32le"))])
        self.codec, self.container = codec, container
        self.options = {name: str(value) for name, value in options.items()}

    def write(self, video: Video) -> bytes:
        """See `Way`."""
        buffer, frames = io.BytesIO(), [storable(frame, self.formats) for frame in video.frames]
        with av.open(buffer, "w", format=self.container, options={"fflags": "+bitexact"}) as file:
            track = file.add_stream(self.codec, rate=1, options=self.options)
            assert isinstance(track, VideoStream)
            context, first = track.codec_context, frames[0]
            context.thread_count, context.gop_size, context.time_base = 1, 1, SECOND
            context.flags |= Flags.bitexact
            if self.codec == "mjpeg":
                context.color_range = 1
            track.width, track.height, track.pix_fmt = first.width, first.height, first.format.name
            for position, frame in enumerate(frames):
                frame.pts, frame.time_base = position, SECOND
                file.mux(track.encode(frame))
            file.mux(track.encode(None))
        return buffer.getvalue()

    def read(self, data: bytes, video: Video) -> Frames:
        """See `Way`."""
        with av.open(io.BytesIO(data), "r", format=self.container) as file:
            track = file.streams.video[0]
            track.codec_context.thread_count = 1
            frames = [frame for packet in file.demux(track) for frame in packet.decode()]
        for frame, given in zip(frames, video.frames, strict=True):
            assert isinstance(frame, av.VideoFrame)
            frame.colorspace, frame.color_range = given.colorspace, given.color_range
        return [frame for frame in frames if isinstance(frame, av.VideoFrame)]


class X264(Codec):
    """H.264 without loss; its decoder attaches the siting of chroma, which must be taken off."""

    def __init__(self, preset: str) -> None:
        """Take the preset."""
        super().__init__(f"x264 qp 0, intra, {preset}", "libx264", "matroska", qp=0, preset=preset, tune="fastdecode")

    def rgb(self, frames: Frames | list[Image]) -> list[Image]:
        """See `Way`."""
        return [rgb(frame, 0) for frame in frames if isinstance(frame, av.VideoFrame)]
