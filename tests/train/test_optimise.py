"""Optimising: layers have the rates of the closed form, the schedule too, and every way of learning learns."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from toy_faces import write_recipe
from train.training import run

from unmask.errors import ParamsError
from unmask.model.build import build
from unmask.train.groups import layers, table
from unmask.train.loss import Criterion
from unmask.train.optimise import build_optimizer, lr_factor
from unmask.train.options import check
from unmask.train.recipe import load
from unmask.train.sam import Sam


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"train__loss": {"name": "bce", "pos_weight": "balance", "label_smoothing": 0.2}},
        {"train__loss": {"name": "focal", "pos_weight": "none", "gamma": 2.0}},
        {"train__layer_decay": 0.8},
        {"train__sam": 0.05},
        {"train__optimizer": "sgd", "train__lr": 0.03},
        {"train__optimizer": "adam"},
    ],
    ids=["adamw", "smoothed", "focal", "layers", "sam", "sgd", "adam"],
)
def test_loss_falls_on_a_fixed_batch(tmp_path: Path, changes: dict[str, Any]) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml", model__drop_rate=0.0, **changes))
    torch.manual_seed(0)
    model = build(recipe.model, recipe.input, pretrained=False).train()
    optimizer = build_optimizer(model, recipe.train)
    for group in optimizer.param_groups:
        group["lr"] *= group.get("lr_scale", 1.0)
    pixels, labels = torch.randn(8, 3, 32, 32), (torch.arange(8) % 2).float()
    criterion = Criterion(recipe.train.loss, labels, torch.ones(8), torch.ones(8))
    smoothing = getattr(recipe.train.loss, "label_smoothing", 0.0) / 2
    floor = -(smoothing * np.log(smoothing) + (1 - smoothing) * np.log(1 - smoothing)) if smoothing else 0.0

    def descend() -> float:
        loss = criterion(model(pixels)[:, 0], labels, torch.ones(8))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    losses = []
    for _ in range(40):
        losses.append(descend())
        if recipe.train.sam != "none":
            with Sam(model, recipe.train.sam).uphill():
                descend()
        optimizer.step()
    assert floor <= losses[-1] < floor + 0.25 * (losses[0] - floor)


def test_learning_rate_rises_then_falls_as_a_cosine(tmp_path: Path) -> None:
    part = load(write_recipe(tmp_path / "r.yaml", train__epochs=5, train__warmup_epochs=1)).train
    assert [lr_factor(done, part) for done in (0.25, 1.0, 3.0, 5.0)] == pytest.approx([0.25, 1.0, 0.5, 0.0])


def test_learning_rate_falls_in_a_line_or_stays(tmp_path: Path) -> None:
    part = load(write_recipe(tmp_path / "r.yaml", train__epochs=5, train__schedule="linear")).train
    assert [lr_factor(done, part) for done in (0.25, 0.5, 2.75, 5.0)] == pytest.approx([0.5, 1.0, 0.5, 0.0])
    still = part.model_copy(update={"schedule": "none"})
    assert [lr_factor(done, still) for done in (0.25, 0.5, 5.0)] == pytest.approx([0.5, 1.0, 1.0])


def test_every_layer_learns_at_its_rate(tmp_path: Path) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml", train__layer_decay=0.5, model__backbone="resnet18"))
    model = build(recipe.model, recipe.input, pretrained=False)
    scales = {id(p): g["lr_scale"] for g in build_optimizer(model, recipe.train).param_groups for p in g["params"]}
    # The stem, eight blocks and the classifier, by hand.
    wanted = {"conv1": 0, "bn1": 0, "fc": 9} | {f"layer{n // 2 + 1}.{n % 2}": n + 1 for n in range(8)}
    for name, parameter in model.named_parameters():
        layer = next(number for prefix, number in wanted.items() if name.startswith(f"{prefix}."))
        assert scales[id(parameter)] == 0.5 ** (9 - layer), name


@pytest.mark.parametrize("backbone", ["convnext_atto", "mobilenetv3_small_050", "vit_tiny_patch16_224", "nasnetalarge"])
def test_timm_counts_real_layers(tmp_path: Path, backbone: str) -> None:
    # What timm takes where a network does not say its layers: a dozen tensors each.
    model: Any = timm.create_model(backbone, num_classes=1)
    part = load(write_recipe(tmp_path / "r.yaml", train__layer_decay=0.9)).train
    groups = build_optimizer(model, part).param_groups
    scales = sorted({group["lr_scale"] for group in groups})
    assert len(scales) > 6
    assert scales[-1] == 1.0
    classifier = {id(parameter) for parameter in model.get_classifier().parameters()}
    assert classifier <= {id(p) for group in groups if group["lr_scale"] == 1.0 for p in group["params"]}


def test_network_without_layers_is_refused(tmp_path: Path) -> None:
    part = load(write_recipe(tmp_path / "r.yaml", train__layer_decay=0.9)).train
    with pytest.raises(ParamsError, match=r"`train.layer_decay` must be `none`, for a Linear does not say"):
        build_optimizer(torch.nn.Linear(2, 1), part)


def test_table_shows_every_parameter_that_learns_once(tmp_path: Path) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml", train__layer_decay=0.5, model__backbone="resnet18"))
    model = build(recipe.model, recipe.input, pretrained=False)
    lines = table(model, build_optimizer(model, recipe.train), recipe.train.lr).splitlines()
    assert lines[0].split() == ["layers", "parameters", "rate", "weight", "decay"]
    counted = sum(int(line.split()[-3].replace(",", "")) for line in lines[1:])
    assert counted == sum(parameter.numel() for parameter in model.parameters())
    assert lines[1].startswith("conv1 ")
    first, last = [line for line in lines if line.startswith("conv1 ")], [x for x in lines if x.startswith("fc ")]
    assert first[0].split()[1:] == ["9,408", "5.86e-06", "0.01"]
    assert [line.split()[1:] for line in last] == [["512", "0.003", "0.01"], ["1", "0.003", "0"]]


def test_table_names_what_layers_have_in_common() -> None:
    assert layers(["a.b.c.weight", "a.b.d.bias"]) == "a.b"
    assert layers(["cls_token", "pos_embed", "patch_embed.proj.weight"]) == "cls_token, pos_embed, patch_embed"
    assert layers([f"x{i}.w" for i in range(6)]) == "x0, x1, x2 and 3 more"


WITHOUT_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__optimizer": "adamv"}, "`train.optimizer`: timm has no `adamv`; the closest are: .*adamw"),
        # It needs gradients of gradients.
        ({"train__optimizer": "adahessian"}, "`train.optimizer`: timm has no `adahessian`; the closest"),
        ({"train__optimizer_options": {"bettas": 1}}, "timm.s `adamw` has no option `bettas`; did you mean `betas`"),
        (
            {"train__optimizer_options": {"betas": [0.9]}},
            r"must be a list of 2 numbers, such as \[0.9, 0.999\] \(given: ",
        ),
        ({"train__optimizer_options": {"betas": 0.9}}, "`betas` of timm.s `adamw` must be a list of 2 numbers"),
        ({"train__optimizer_options": {"eps": "1e-8"}}, r"`eps` of timm.s `adamw` must be a number, such as 1e-08"),
        ({"train__optimizer_options": {"amsgrad": "maybe"}}, "`amsgrad` of timm.s `adamw` must be true or false"),
        ({"train__optimizer_options": {"betas": [0.9, 2]}}, "does not take {betas: .*}: Invalid beta parameter"),
        # timm drops it, and these would go past what the recipe says elsewhere.
        ({"train__optimizer_options": {"momentum": 0.5}}, "`adamw` has no option `momentum`; there can be .*betas"),
        (
            {"train__optimizer_options": {"layer_decay": 0.5}},
            "must not hold `layer_decay`: `train.layer_decay` says it",
        ),
        ({"train__optimizer_options": {"capturable": True}}, "must not hold `capturable`: no step is captured"),
        ({"train__optimizer_options": {"lr": 0.5}}, "must not hold `lr`: `train.lr` says it"),
        ({"train__optimizer_options": {"filter_bias_and_bn": 3}}, "has no option `filter_bias_and_bn`"),
        ({"train__optimizer": "fusedadam"}, "`train.optimizer`: `fusedadam` does not work here: CUDA required"),
        ({"train__epochs": 10**20}, "`train.epochs` must be a whole number from 1 to 100000 "),
        pytest.param({"train__precision": "fp16"}, "`train.precision`: fp16 needs a GPU", marks=WITHOUT_GPU),
        ({"train__sam": 0.05, "train__precision": "fp16"}, "`sam` takes two steps back and forth"),
        ({"train__loss": {"name": "bce", "pos_weight": "none"}}, "`train.loss.label_smoothing` is missing"),
        ({"train__loss": {"name": "dice"}}, "`train.loss.name` must be one of bce, focal"),
        ({"train__layer_decay": 1.5}, "`train.layer_decay` must be `none` or a number above 0 and below 1"),
        ({"train__ema": "some"}, "`train.ema` must be `none` or a number above 0 and below 1"),
    ],
)
def test_mistake_is_one_error_before_training(toy: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        run(toy, write_recipe(toy / "toy.yaml", **changes), "out")
    assert not (toy / "out").exists()


def test_options_that_timm_takes_are_taken() -> None:
    check("lamb", {"max_grad_norm": None, "betas": [0.9, 0.99]})
    check("adafactorbv", {"momentum": None})
    check("muon", {"fallback_list": ["head"], "fallback_no_weight_decay": True})
    check("sgd", {"momentum": 0.9, "nesterov": False})
