"""A contender that merely decodes every frame: what any way from video to face takes at least.

python -m bench.way.floor --videos list.txt --how plain
"""

import argparse
import multiprocessing
import sys
from functools import partial
from pathlib import Path

HOWS = ("plain", "rgb", "discard", "opencv_read", "opencv_grab")


def with_pyav(path: str, how: str) -> int:
    """Decode a video with PyAV in one thread and count the frames.

    Args:
        path: The video.
        how: `plain`; `rgb`, each frame turned into RGB; `discard`, without those that no other frame refers to.
    """
    import av

    count = 0
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        if how == "discard":
            stream.codec_context.skip_frame = "NONREF"
        for frame in container.decode(stream):
            count += 1
            if how == "rgb":
                frame.to_ndarray(format="rgb24")
    return count


def with_opencv(path: str, how: str) -> int:
    """Decode a video with OpenCV at its defaults and count the frames: `read` turns each into BGR, `grab` none."""
    import cv2

    capture = cv2.VideoCapture(path)
    count = 0
    while capture.grab() if how == "opencv_grab" else capture.read()[0]:
        count += 1
    capture.release()
    return count


def main() -> None:
    """Decode all videos of a list in processes; print the number of frames."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, required=True, help="file with the path of a video on each line")
    parser.add_argument("--how", choices=HOWS, required=True)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    decode = with_opencv if options.how.startswith("opencv") else with_pyav
    with multiprocessing.Pool(options.processes) as pool:
        paths = options.videos.read_text().splitlines()
        sys.stdout.write(str(sum(pool.imap_unordered(partial(decode, how=options.how), paths))))


if __name__ == "__main__":
    main()
