"""Feature maps of several stages: those of timm, under the head `fusion` and under a frequency branch alike."""

from typing import Any

import pytest
import timm
import torch
from model.making import FAMILIES, FREQUENCY, HEADS, SHOWN, images, network

from unmask.errors import ParamsError
from unmask.model.freeze import set_training
from unmask.model.network import embed


@pytest.mark.parametrize("place", ["head", "head.fusion"])
def test_stages_that_the_backbone_lacks_are_told_with_those_it_has(place: str) -> None:
    def made(stages: list[int]) -> None:
        taken = {"stages": stages, "width": 4}
        head = {"name": "fusion", **taken} if place == "head" else {**FREQUENCY, "fusion": taken}
        network(backbone="test_convnext", head=head)

    key = rf"`model\.{place}\.stages`: "
    with pytest.raises(
        ParamsError, match=key + r"timm's `test_convnext` has no stage 4; it has: 0 \(24 channels, 1/4\), .* 3 \(64"
    ):
        made([0, 4])
    with pytest.raises(ParamsError, match=key + r"stage 3 of `test_convnext` is listed more than once"):
        made([3, -1])


@pytest.mark.parametrize(("head", "place"), [("fusion", "head"), ("both", "head.fusion")])
def test_backbone_without_feature_maps_is_told_with_the_heads_that_can_take_it(
    head: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(backbone="test_resnet")
    monkeypatch.delattr(type(net), "forward_intermediates")
    with pytest.raises(
        ParamsError, match=rf"`model\.{place}`: timm's `test_resnet` gives no .* are `plain`, and `frequency` with"
    ):
        network(backbone="test_resnet", head=HEADS[head])
    for other in ("plain", "early", "late"):
        network(backbone="test_resnet", head=HEADS[other])


@pytest.mark.parametrize("family", FAMILIES)
def test_fusion_sees_the_feature_maps_of_timm(family: str) -> None:
    net = network(backbone=family, head={"name": "fusion", "stages": [-2, 0], "width": 4}).eval()
    more: dict[str, Any] = {"img_size": SHOWN.size} if family == "test_vit" else {}
    whole: Any = timm.create_model(family, num_classes=0, **more).eval()
    whole.load_state_dict(net.backbone.state_dict(), strict=False)
    with torch.inference_mode():
        every = whole.forward_intermediates(images(), intermediates_only=True)
        found = net.forward_features(images())
    assert [tuple(one.shape) for one in found] == [tuple(every[n].shape) for n in (0, len(every) - 2)]
    assert all(torch.equal(one, every[n]) for one, n in zip(found, (0, len(every) - 2), strict=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_fusion_without_convolutions_weighs_the_channels_themselves(family: str) -> None:
    net = network(backbone=family, head={"name": "fusion", "stages": [-2, 0], "width": "none"}, freeze="all")
    assert [name for name, one in net.named_parameters() if one.requires_grad] == [
        "classifier.weight",
        "classifier.bias",
    ]
    seen = [images(4), images(6)[4:]]
    set_training(net, hold_norms=True)
    for batch in seen:
        net(batch)
    net.eval()
    with torch.inference_mode():
        pooled = [torch.cat([one.mean((2, 3)) for one in net.forward_features(batch)], dim=1) for batch in seen]
        # Over both batches alike, whatever their sizes.
        mean = torch.stack([one.mean(0) for one in pooled]).mean(0)
        deviation = torch.stack([one.var(0) for one in pooled]).mean(0).add(net.scale.eps).sqrt()
        scaled = (pooled[0] - mean) / deviation
        torch.testing.assert_close(embed(net, seen[0]), scaled, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(net(seen[0]), net.classifier(scaled), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("width", [8, "none"])
@pytest.mark.parametrize("family", FAMILIES)
def test_branch_joins_the_stages_that_fusion_sees(family: str, width: Any) -> None:
    taken = {"stages": [1, -1], "width": width}
    alone = network(backbone=family, head={"name": "fusion", **taken}).eval()
    net = network(backbone=family, head={**FREQUENCY, "fusion": taken}).eval()
    last = network(backbone=family, head=FREQUENCY).eval()
    # What both have is called alike, but for the classifier, which is wider.
    same = {name: one for name, one in alone.state_dict().items() if not name.startswith("classifier.")}
    missing, unexpected = net.load_state_dict(same, strict=False)
    assert not unexpected
    assert {name.split(".")[0] for name in missing} == {"classifier", "branch"}
    net.branch.load_state_dict(last.branch.state_dict())
    with torch.inference_mode():
        features = embed(net, images())
        stages, noise = embed(alone, images()), embed(last, images())[:, -4:]
    torch.testing.assert_close(features, torch.cat([stages, noise], dim=1))
    assert features.shape == (4, net.classifier.in_features)
    if width == 8:
        assert features.shape == (4, 2 * 8 + 4)
