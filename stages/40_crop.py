"""Crop: frames.parquet and faces.parquet -> crops.parquet and shards of aligned faces."""

from unmask.crop.step import crop
from unmask.stage import run

if __name__ == "__main__":
    run(crop)
