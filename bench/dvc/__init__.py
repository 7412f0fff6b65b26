"""What DVC needs for crops in shards, and for the same crops as loose files."""
