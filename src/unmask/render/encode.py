"""Encodes frames as H.264 in MP4: the same settings for real and fake, the same bytes on every run."""

from pathlib import Path

import av

from unmask.render.draw.canvas import Array
from unmask.render.params import Filmed


def encode(path: Path, frames: Array, spec: Filmed) -> None:
    """Writes a video.

    Args:
        path: where, with the suffix `.mp4`; folders are made.
        frames: (N, H, W, 3) uint8, red green blue, even sizes.
        spec: rate, quality and preset.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # One encoder thread and no version strings: bytes depend on the frames and parameters alone. Macroblock trees are
    # off because x264's AVX-512 code for them gives other bytes from run to run (tried: 13 results in 40 encodings).
    options = {"crf": str(spec.crf), "preset": spec.preset, "x264-params": "threads=1:mbtree=0"}
    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=spec.fps, options=options)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        stream.codec_context.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
