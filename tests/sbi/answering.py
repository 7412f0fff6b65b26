"""Small landmark models, made here: one that answers always the same, and one that looks."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from unmask.sbi.part import Onnx

SIDE = 64


def model(path: Path, answer: Any, side: int | str = SIDE) -> Path:
    """Write a model that answers the same for every picture, plus the picture's mean, which is made to be nothing."""
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["answer", "nothing"], ["points"]),
    ]
    values = np.asarray(answer, np.float32)
    constants = [
        helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
        helper.make_tensor("answer", TensorProto.FLOAT, values.shape, values.ravel().tolist()),
    ]
    graph = helper.make_graph(
        nodes, "landmarks",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("points", TensorProto.FLOAT, list(values.shape))],
        constants,
    )  # fmt: skip
    return _saved(graph, path)


def brightest(path: Path) -> Path:
    """Write a model that looks: all of its points lie at the mean place of the first colour, in shares of the sides."""
    axis = (np.arange(SIDE, dtype=np.float32) + 0.5) / SIDE
    grid = np.stack(np.broadcast_arrays(axis[None, :], axis[:, None]), -1).reshape(1, SIDE * SIDE, 2)
    nodes = [
        helper.make_node("Gather", ["image", "first"], ["red"], axis=1),
        helper.make_node("Reshape", ["red", "flat"], ["weights"]),
        helper.make_node("ReduceSum", ["weights"], ["sum"], keepdims=1),
        helper.make_node("Div", ["weights", "sum"], ["shares"]),
        helper.make_node("Mul", ["shares", "grid"], ["parts"]),
        helper.make_node("ReduceSum", ["parts", "axes"], ["place"], keepdims=1),
        helper.make_node("Expand", ["place", "many"], ["points"]),
    ]
    constants = [
        helper.make_tensor("first", TensorProto.INT64, [1], [0]),
        helper.make_tensor("flat", TensorProto.INT64, [3], [1, SIDE * SIDE, 1]),
        helper.make_tensor("axes", TensorProto.INT64, [1], [1]),
        helper.make_tensor("many", TensorProto.INT64, [3], [1, 68, 2]),
        helper.make_tensor("grid", TensorProto.FLOAT, grid.shape, grid.ravel().tolist()),
    ]
    graph = helper.make_graph(
        nodes, "brightest",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("points", TensorProto.FLOAT, [1, 68, 2])],
        constants,
    )  # fmt: skip
    return _saved(graph, path)


def options(path: Path, **changed: Any) -> Onnx:
    """Give the recipe's options for a model."""
    given = {
        "name": "onnx", "weights": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "view": 1.0,
        "colours": "rgb", "mean": [0.0] * 3, "std": [255.0] * 3, "units": "pixels",
    }  # fmt: skip
    return Onnx.model_validate(given | changed)


def _saved(graph: onnx.GraphProto, path: Path) -> Path:
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    made.ir_version = 10
    onnx.save(made, path)
    return path
