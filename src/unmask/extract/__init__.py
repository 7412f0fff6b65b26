"""Extract: videos.parquet -> frames.parquet and shards of sampled frames."""
