"""Predict: model and manifests -> scores.parquet and embeddings.parquet."""

from unmask.predict.step import predict
from unmask.stage import run

if __name__ == "__main__":
    run(predict)
