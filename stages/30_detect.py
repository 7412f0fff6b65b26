"""Detect: frames.parquet -> faces.parquet, boxes and landmarks of every face in the sampled frames."""

from unmask.detect.step import detect
from unmask.stage import run

if __name__ == "__main__":
    run(detect)
