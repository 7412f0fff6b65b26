"""Render: params -> an embedded corpus, as the official data set lies on disk."""
