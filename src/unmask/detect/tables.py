"""The table of faces."""

import pyarrow as pa

from unmask.detect.names import BOX as BOX
from unmask.detect.names import LANDMARKS as LANDMARKS
from unmask.schema import Column, Table

FACES = Table(
    name="faces",
    meaning="One face in one sampled frame; a frame without a face, or a video without one, has one row with face -1. "
    "A picture that came cropped is one face as a whole: score 1, track 0, landmarks unknown.",
    key=("video", "frame", "face"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame, as in `frames`."),
        Column("face", pa.int16(), "Number of the face in its frame, largest first, from 0; -1 if none."),
        Column(
            "status",
            pa.string(),
            "`ok`, `no_face`, `spare` (not looked at: enough other frames have a face), or the frame's own status when "
            "there is no frame.",
        ),
        Column("score", pa.float32(), "How sure the face detector is, 0 to 1; 0 if no face."),
        Column("track", pa.int16(), "Number of the face's track in its video, from 0; -1 if no face."),
        Column(
            "from_pair",
            pa.bool_(),
            "Whether it was taken over from the frame of this number of the real video that this one was made from.",
        ),
        *(Column(name, pa.float32(), "Edge of the box in upright pixels; 0 if no face.") for name in BOX),
        *(Column(name, pa.float32(), "Landmark in upright pixels, left as seen; 0 if unknown.") for name in LANDMARKS),
    ),
)
