"""Crop: frames.parquet and faces.parquet -> crops.parquet and shards of aligned faces."""
