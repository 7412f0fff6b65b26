"""Heads: each stands on every family of backbones, learns with all its parts, and speaks as timm's models do."""

import json
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch
from model.making import FAMILIES, FREQUENCY, HEADS, SHOWN, SIZE, images, network, part
from timm.optim._optim_factory import create_optimizer_v2
from torch.nn.functional import binary_cross_entropy_with_logits

from unmask.errors import ParamsError
from unmask.model.freeze import layers
from unmask.model.head import Head
from unmask.model.network import classifiers, embed, newborn
from unmask.params import parse

BOTH = [(family, head) for family in FAMILIES for head in HEADS]


def test_every_head_is_tested() -> None:
    assert {options["name"] for options in HEADS.values()} == set(Head.names())


@pytest.mark.parametrize(("family", "head"), BOTH)
def test_head_stands_on_every_family(family: str, head: str) -> None:
    net = network(backbone=family, head=HEADS[head])
    logits = net(images())
    assert logits.shape == (4, 1)
    torch.autograd.backward(logits.sum())
    idle = [name for name, parameter in net.named_parameters() if parameter.grad is None]
    assert not idle, "parts that never learn would be saved, and stop training on several processes"
    net.eval()
    with torch.inference_mode():
        features = embed(net, images())
        (name,) = classifiers(net)
        torch.testing.assert_close(net.get_submodule(name)(features), net(images()))
        torch.testing.assert_close(net(images())[1:2], net(images()[1:2]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(("family", "head"), BOTH)
def test_loss_falls_on_a_fixed_batch(family: str, head: str) -> None:
    net, labels = network(backbone=family, head=HEADS[head]).train(), torch.tensor([0.0, 1, 0, 1])
    optimizer = create_optimizer_v2(net, "adamw", lr=5e-3, weight_decay=0.0)
    losses = []
    for _ in range(25):
        loss = binary_cross_entropy_with_logits(net(images())[:, 0], labels)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(("family", "head"), BOTH)
def test_layers_are_timms_and_what_is_new_goes_with_the_classifier(family: str, head: str) -> None:
    plain, net = network(backbone=family), network(backbone=family, head=HEADS[head])
    found = layers(net)
    names = [name for name, _ in net.named_parameters()]
    assert sorted(name for group in found for name in group) == sorted(names)
    assert newborn(net) <= set(found[-1])
    ours, timms = (
        {name.removeprefix("backbone."): n for n, names in enumerate(of) for name in names}
        for of in (found, layers(plain))
    )
    old = [name for name in timms if name in ours and name not in newborn(net) and name not in newborn(plain)]
    assert len(old) > 20
    assert all(ours[name] == timms[name] for name in old)
    rates = create_optimizer_v2(net, "adamw", lr=1.0, weight_decay=0.1, layer_decay=0.5).param_groups
    scale = {id(parameter): group["lr_scale"] for group in rates for parameter in group["params"]}
    given = dict(net.named_parameters())
    assert {scale[id(given[name])] for name in newborn(net)} == {1.0}
    assert scale[id(given[found[0][0]])] == pytest.approx(0.5 ** (len(found) - 1))


def test_what_must_not_decay_is_passed_on() -> None:
    for head in ("fusion", "early", "late", "both"):
        net = network(backbone="test_vit", head=HEADS[head])
        assert "backbone.pos_embed" in net.no_weight_decay()
        whole = create_optimizer_v2(net, "adamw", weight_decay=0.1).param_groups
        still = {id(parameter) for group in whole if not group["weight_decay"] for parameter in group["params"]}
        assert id(net.backbone.pos_embed) in still
        assert id(net.backbone.patch_embed.proj.weight) not in still


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("plain", r"`model\.head` must be a mapping with `name` \(frequency, fusion, plain\)|`model\.head`: must be"),
        ({"name": "plane"}, r"`model\.head\.name`.* frequency, fusion, plain"),
        ({"name": "plain", "width": 3}, r"`model\.head\.width` is an unknown key"),
        ({"name": "fusion", "stages": [1]}, r"`model\.head\.width` is missing"),
        (
            {"name": "fusion", "stages": [1], "width": 1000000},
            r"`model\.head\.width` must be `none` or a whole number from 1 to 4096 \(given: 1000000\)",
        ),
        ({**FREQUENCY, "width": 10000000}, r"`model\.head\.width` must be a whole number from 1 to 4096"),
        (
            {**FREQUENCY, "fusion": {"stages": [1], "width": 4097}},
            r"`model\.head\.fusion\.width` must be `none` or a whole number from 1 to 4096",
        ),
        ({"name": "fusion", "stages": [], "width": 4}, r"`model\.head\.stages` must be a list of at least 1"),
        ({**FREQUENCY, "filters": "sobel"}, r"`model\.head\.filters` must be `amplitude`, `dct`, `phase` or `srm`"),
        ({**FREQUENCY, "fuse": "middle"}, r"`model\.head\.fuse` must be `early` or `late`"),
        (
            {**FREQUENCY, "filters": "amplitude", "fuse": "early"},
            r"`model\.head\.fuse` must be `late` with `filters: am",
        ),
        ({**HEADS["both"], "fuse": "early"}, r"`model\.head\.fuse` must be `late` with stages in `fusion`"),
        (
            {**FREQUENCY, "fusion": "all"},
            r"`model\.head\.fusion` must be `none` or a mapping with the keys `stages`, `width` \(given: 'all'",
        ),
        ({**FREQUENCY, "fusion": {"stages": [1]}}, r"`model\.head\.fusion\.width` is missing"),
        ({**FREQUENCY, "fusion": {"stages": [], "width": 4}}, r"`model\.head\.fusion\.stages` must be a list of at "),
        ({k: FREQUENCY[k] for k in ("name", "filters", "fuse", "width")}, r"`model\.head\.fusion` is missing"),
    ],
)
def test_mistake_in_a_head_is_named_with_its_place(tmp_path: Path, head: Any, message: str) -> None:
    values = part().model_dump(mode="json") | {"head": head}
    (tmp_path / "r.yaml").write_text(json.dumps({"model": values}))
    with pytest.raises(ParamsError, match=message):
        parse(type(part()), values, tmp_path / "r.yaml", ("model",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weights": "w.bin"}, r"`model\.weights` must be `none`, `hub` or the path of a file"),
        (
            {"weights": "https://x.org/w.safetensors"},
            r"`model\.weights`: addresses are not fetched; download the file, and name where it lies \(given: 'https:/",
        ),
        ({"weights": "~/w.pth"}, r"`model\.weights`: `~` is not expanded; write the path out \(given: '~/w\.pth'\)"),
        ({"weights": "w.pth"}, r"`model\.sha256` must be the SHA-256 of the file that `weights` names"),
        ({"sha256": "0" * 64}, r"`model\.sha256` must be empty, `''`, for with `weights: none` there is no file"),
        ({"freeze": "some"}, r"`model\.freeze` must be `none`, `all`, `norms` or a whole number of at least 1"),
        ({"freeze": 0}, r"`model\.freeze` must be `none`, `all`, `norms` or a whole number of at least 1"),
    ],
)
def test_mistake_in_the_model_is_named_with_its_place(tmp_path: Path, changes: Any, message: str) -> None:
    values = part().model_dump(mode="json") | changes
    (tmp_path / "r.yaml").write_text(json.dumps({"model": values}))
    with pytest.raises(ParamsError, match=message):
        parse(type(part()), values, tmp_path / "r.yaml", ("model",))


@pytest.mark.parametrize("filters", ["srm", "dct", "phase"])
@pytest.mark.parametrize("family", FAMILIES)
def test_early_fusion_begins_as_the_plain_network(family: str, filters: str) -> None:
    plain = network(backbone=family).eval()
    net = network(backbone=family, head={**FREQUENCY, "filters": filters, "fuse": "early"}).eval()
    net.backbone.load_state_dict(plain.state_dict())
    with torch.inference_mode():
        assert torch.equal(net(images()), plain(images()))
        torch.nn.init.normal_(net.mix[1].weight, std=0.1)
        assert not torch.allclose(net(images()), plain(images()))


def test_filters_see_pixels_also_in_mixed_precision() -> None:
    net = network(head=FREQUENCY).eval()
    seen: list[torch.Tensor] = []
    net.traces.filter.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    with torch.inference_mode():
        net(images())
        with torch.autocast("cpu", dtype=torch.bfloat16):
            net(images())
    pixels = torch.randint(0, 256, (4, 3, SIZE, SIZE), generator=torch.Generator().manual_seed(1))
    for one in seen:
        torch.testing.assert_close(one, pixels.float(), atol=1e-3, rtol=0)


@pytest.mark.parametrize("filters", ["srm", "dct", "phase", "amplitude"])
def test_late_fusion_joins_backbone_and_branch(filters: str) -> None:
    plain = network(backbone="mobilenetv3_small_100").eval()
    net = network(backbone="mobilenetv3_small_100", head={**FREQUENCY, "filters": filters}).eval()
    net.backbone.load_state_dict(plain.state_dict(), strict=False)
    with torch.inference_mode():
        features = embed(net, images())
        torch.testing.assert_close(features[:, :1024], embed(plain, images()))
    assert features.shape == (4, 1028)


SYSTEMS = (
    *("resnet18", "resnet50", "efficientnet_b0", "vit_tiny_patch16_224", "convnext_tiny", "convnextv2_atto"),
    *("convnextv2_tiny", "mobilenetv3_small_100", "nasnetalarge", "legacy_xception"),
)


@pytest.mark.slow
# Heads take turns: each with each would be five times as long.
@pytest.mark.parametrize(("backbone", "head"), zip(SYSTEMS, cycle(HEADS), strict=False))
def test_the_backbones_of_the_published_systems_learn_whole(backbone: str, head: str) -> None:
    net = network(SHOWN.model_copy(update={"size": 96}), backbone=backbone, head=HEADS[head])
    torch.autograd.backward(net(images(2, 96)).sum())
    assert not [name for name, parameter in net.named_parameters() if parameter.grad is None]
    assert embed(net.eval(), images(2, 96)).ndim == 2
