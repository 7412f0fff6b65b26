"""Ways of keeping sampled frames, and what the default needs on disk."""
