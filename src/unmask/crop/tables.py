"""The table of crops."""

import pyarrow as pa

from unmask.schema import Column, Table

CROPS = Table(
    name="crops",
    meaning="One aligned face; a frame without a face, and a video without a frame, has one row with face -1. A frame "
    "in which no face was looked for has none.",
    key=("video", "frame", "face"),
    columns=(
        Column("video", pa.string(), "Key of the video."),
        Column("frame", pa.int32(), "Number of the frame, as in `frames`; -1 if the video has none."),
        Column("face", pa.int16(), "Number of the face, as in `faces`; -1 if none."),
        Column("status", pa.string(), "`ok`, or why there is no crop: `no_face`, `undecodable`, `unreadable`."),
        Column("track", pa.int16(), "Track of the face in its video; -1 if none."),
        Column("score", pa.float32(), "Face detector's score, 0 to 1."),
        Column("eye_distance", pa.float32(), "Distance of the eyes in pixels of the source frame; 0 if unknown."),
        Column("face_size", pa.float32(), "Square root of the box's area, in pixels of the source frame; 0 if none."),
        Column(
            "roll",
            pa.float32(),
            "Degrees by which the line of the eyes is tilted, -180 to 180, positive clockwise; null if unknown.",
            nullable=True,
        ),
        Column(
            "yaw",
            pa.float32(),
            "Degrees by which the head is turned, -90 to 90, positive to the right as seen; rough; null if unknown.",
            nullable=True,
        ),
        Column(
            "landmarks",
            pa.list_(pa.float32()),
            "The five landmarks as in `faces`, x and y in turn, in pixels of the crop; null if unknown.",
            nullable=True,
        ),
        Column("sharpness", pa.float32(), "Variance of the Laplacian of the grey crop, in levels of 255 squared."),
        Column("phash", pa.binary(), "Perceptual hash of the crop; empty if none."),
        Column("shard", pa.string(), "Tar file that holds the picture; empty if none."),
        Column("offset", pa.int64(), "First byte of the picture in the shard."),
        Column("size", pa.int64(), "Bytes of the picture."),
        Column("sha256", pa.string(), "Hash of the picture's bytes; empty if none."),
    ),
)
