"""Detect: frames.parquet -> faces.parquet, boxes and landmarks of every face in the sampled frames."""
