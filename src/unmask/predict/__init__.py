"""Predict: model and manifests -> scores.parquet, a logit for every face."""
