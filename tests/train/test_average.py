"""The moving average: its recursion, and that it is what is judged and kept."""

import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from toy_faces import write_recipe
from train.training import files_of, run

from unmask.predict.model import Detector
from unmask.train.average import Average
from unmask.train.data import Crops, read_manifest
from unmask.train.validate import video_auc


def test_average_follows_by_its_recursion() -> None:
    torch.manual_seed(0)
    model = timm.create_model("test_resnet", num_classes=1)
    average = Average(model, decay=0.6)
    name, follows = next(iter(model.state_dict())), None
    for step in range(1, 8):
        with torch.no_grad():
            for tensor in (*model.parameters(), *model.buffers()):
                if tensor.is_floating_point():
                    tensor.add_(torch.randn_like(tensor))
        average.follow(model, step)
        now = model.state_dict()[name].double()
        # The first steps have a smaller decay: 0, then 1 - (1 + n)^(-2/3), up to the recipe's.
        decay = 0.0 if step == 1 else min(1 - step ** (-2 / 3), 0.6)
        follows = now if follows is None else decay * follows + (1 - decay) * now
        torch.testing.assert_close(average.net.state_dict()[name].double(), follows, atol=1e-5, rtol=1e-5)
    assert not average.net.training


def test_average_is_judged_and_kept(toy: Path) -> None:
    plain = run(toy, write_recipe(toy / "toy.yaml", train__epochs=3), "plain")
    out = run(toy, write_recipe(toy / "toy.yaml", train__epochs=3, train__ema=0.9), "out")
    one, other = files_of(plain), files_of(out)
    assert one["curves/loss.tsv"] == other["curves/loss.tsv"], "the average must not disturb the steps"
    assert one["model.safetensors"] != other["model.safetensors"]
    assert one["curves/val_loss.tsv"] != other["curves/val_loss.tsv"]
    crops = Crops(read_manifest(toy / "val.parquet"), toy / "shards", None)
    pixels = np.stack([crops[0, i]["pixels"][0].permute(1, 2, 0).numpy() for i in range(len(crops))])
    logits = torch.from_numpy(Detector.load(out).logits(pixels))
    loss = float(torch.nn.functional.binary_cross_entropy_with_logits(logits, crops.labels))
    summary = json.loads((out / "summary.json").read_text())
    assert loss == pytest.approx(summary["val_loss"], abs=1e-4)
    assert video_auc(crops.videos, crops.labels.numpy(), logits.numpy()) == pytest.approx(summary["val_auc"], abs=5e-5)
