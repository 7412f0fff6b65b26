"""Freezing: what is frozen gets no gradient and counts nothing, and the rest learns."""

from typing import Any

import pytest
import torch
from model.making import FAMILIES, HEADS, SHOWN, images, network
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from unmask.errors import ParamsError
from unmask.model.freeze import layers, set_training, summary
from unmask.model.network import newborn

WAYS: list[str | int] = ["all", "norms", 1, 3]


def step(net: Any, hold_norms: bool = False) -> dict[str, torch.Tensor]:
    """Train for two steps; give the tensors that have changed."""
    set_training(net, hold_norms=hold_norms)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.5)
    for _ in range(2):
        optimizer.zero_grad()
        torch.autograd.backward((net(images()) - 1).square().sum())
        assert all(p.grad is None for p in net.parameters() if not p.requires_grad)
        optimizer.step()
    return {name: tensor for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("family", FAMILIES)
def test_frozen_parts_do_not_move(family: str, head: str, way: str | int) -> None:
    net = network(backbone=family, head=HEADS[head], freeze=way)
    learning = {name for name, parameter in net.named_parameters() if parameter.requires_grad}
    assert newborn(net) <= learning < {name for name, _ in net.named_parameters()}
    changed = set(step(net))
    assert {name for name, _ in net.named_parameters()} & changed <= learning
    assert any(name in changed for name in newborn(net))
    # Statistics belong to the layer whose weights stand beside them.
    moved = {name.rpartition(".")[0] for name in changed if "running_" in name or "num_batches" in name}
    assert moved <= {name.rpartition(".")[0] for name in learning}


@pytest.mark.parametrize("head", HEADS)
def test_all_leaves_the_head_alone(head: str) -> None:
    net = network(head=HEADS[head], freeze="all")
    assert {name for name, parameter in net.named_parameters() if parameter.requires_grad} == newborn(net)
    if head != "early":  # what stands before the backbone changes what it sees
        ours = ("branches.", "branch.")
        old = [name for name in step(net) if name not in newborn(net) and not name.startswith(ours)]
        assert not old


def test_frozen_backbone_gives_the_same_features_while_the_head_trains() -> None:
    net = network(backbone="test_vit", freeze="all", options={"drop_path_rate": 0.9, "proj_drop_rate": 0.5})
    set_training(net, hold_norms=False)
    assert net.training
    first = net.forward_features(images())
    assert torch.equal(net.forward_features(images()), first)
    assert torch.equal(network(backbone="test_vit").eval().forward_features(images()), first)


@pytest.mark.parametrize("family", FAMILIES)
def test_norms_are_those_of_torch(family: str) -> None:
    net = network(backbone=family, freeze="norms")
    kinds = (_BatchNorm, nn.LayerNorm, nn.GroupNorm)
    wanted = {f"{n}.{p}" for n, m in net.named_modules() if isinstance(m, kinds) for p, _ in m.named_parameters()}
    found = {name for name, parameter in net.named_parameters() if parameter.requires_grad} - newborn(net)
    assert found == wanted
    assert len(wanted) > 10


def test_leading_layers_are_counted_as_timm_does() -> None:
    net = network(SHOWN, backbone="resnet18", freeze=3)
    still = {name.split(".")[0] for name, p in net.named_parameters() if not p.requires_grad}
    assert still == {"conv1", "bn1", "layer1"}, "the stem, and two blocks"
    assert all(p.requires_grad for name, p in net.named_parameters() if name.startswith(("layer2", "layer4", "fc")))


def test_more_layers_than_there_are_is_one_error() -> None:
    with pytest.raises(ParamsError, match=r"`model.freeze`: `resnet18` has 9 layers .* from 1 to 9 \(given: 10\)"):
        network(backbone="resnet18", freeze=10)
    every = network(backbone="resnet18", freeze=9)
    assert {name for name, p in every.named_parameters() if p.requires_grad} == newborn(every)


def test_backbone_without_norms_cannot_tune_them() -> None:
    with pytest.raises(ParamsError, match=r"`model.freeze`: `test_nfnet` has no norms that could learn"):
        network(backbone="test_nfnet", freeze="norms")


@pytest.mark.parametrize("head", HEADS)
def test_held_norms_are_those_of_the_backbone(head: str) -> None:
    moved = {name for name in step(network(head=HEADS[head]), hold_norms=True) if "running_" in name}
    assert all(head != "plain" and not name.startswith("backbone.") for name in moved)
    assert bool(moved) == (head != "plain")
    free = {name for name in step(network(head=HEADS[head])) if "running_" in name}
    assert len(free) > len(moved)


def test_summary_adds_up() -> None:
    net = network(freeze=2, head=HEADS["late"])
    first, *rows, last = [line.split(maxsplit=3) for line in summary(net).splitlines()]
    assert first == ["layer", "parameters", "learning", "what"]
    assert len(rows) == len(layers(net))
    there, learning = ([int(row[n].replace(",", "")) for row in [*rows, last]] for n in (1, 2))
    assert there[-1] == sum(there[:-1]) == sum(p.numel() for p in net.parameters())
    assert learning[-1] == sum(learning[:-1]) == sum(p.numel() for p in net.parameters() if p.requires_grad)
    assert learning[:2] == [0, 0]
    assert all(learning[2:])
    assert rows[0][3] == "conv1, bn1" or rows[0][3].startswith("conv1")
    assert "classifier" in rows[-1][3]
