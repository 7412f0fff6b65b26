"""Weights from files: they fill the backbone, whoever saved them, or one error says what does not fit."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from model.making import HEADS, SHOWN, network, part
from safetensors.torch import save_file

from unmask.errors import DataError
from unmask.model.build import build
from unmask.model.weights import load_weights

IMAGENET = "mobilenetv2_100_imagenet_timm_same.safetensors"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def trained(backbone: str = "test_resnet", classes: int = 7, **options: Any) -> dict[str, torch.Tensor]:
    """Give the tensors of a network that knows other classes."""
    torch.manual_seed(1)
    tensors: dict[str, torch.Tensor] = timm.create_model(backbone, num_classes=classes, **options).state_dict()
    return tensors


def start(path: Path, **changes: Any) -> Any:
    torch.manual_seed(0)
    named = {"weights": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} if path.is_file() else {}
    return build(part(**{"weights": str(path), "sha256": "0" * 64} | named | changes), SHOWN, pretrained=True)


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.pth.tar"])
@pytest.mark.parametrize("head", HEADS)
def test_weights_from_a_file_fill_the_backbone_whatever_the_head(tmp_path: Path, head: str, name: str) -> None:
    given = trained()
    if name == "w.safetensors":
        save_file(given, tmp_path / name)
    elif name == "w.pth":
        torch.save(given, tmp_path / name)
    else:  # as training scripts do, on several GPUs
        torch.save({"epoch": 3, "state_dict": {f"module.{n}": t for n, t in given.items()}}, tmp_path / name)
    own = start(tmp_path / name, head=HEADS[head]).state_dict()
    found = {n.removeprefix("backbone."): t for n, t in own.items() if head == "plain" or n.startswith("backbone.")}
    same = [n for n, t in found.items() if n in given and n.rpartition(".")[0] != "fc" and torch.equal(t, given[n])]
    assert len(same) == len([n for n in found if not n.startswith("fc.")]) > 50
    assert all(t.shape[0] == 1 for n, t in own.items() if "fc." in n or n.startswith("classifier."))


def test_classifier_of_one_class_is_taken_too(tmp_path: Path) -> None:
    given = trained(classes=1)
    save_file(given, tmp_path / "w.safetensors")
    own = start(tmp_path / "w.safetensors").state_dict()
    assert all(torch.equal(own[name], tensor) for name, tensor in given.items())


def test_positions_of_a_transformer_are_brought_to_the_size_of_the_input(tmp_path: Path) -> None:
    given = trained("test_vit", img_size=160)
    save_file(given, tmp_path / "w.safetensors")
    net = start(tmp_path / "w.safetensors", backbone="test_vit")
    assert given["pos_embed"].shape[1] > net.pos_embed.shape[1]
    assert torch.equal(net.blocks[0].attn.qkv.weight, given["blocks.0.attn.qkv.weight"])
    wanted: Any = timm.create_model("test_vit", num_classes=0, img_size=SHOWN.size)
    timm.models.load_checkpoint(
        wanted,
        str(tmp_path / "w.safetensors"),
        strict=False,
        filter_fn=timm.models.vision_transformer.checkpoint_filter_fn,
    )
    assert torch.equal(net.pos_embed, wanted.pos_embed)


def test_weights_that_do_not_fit_are_counted_and_named(tmp_path: Path) -> None:
    given = trained()
    first, second, third = [name for name in given if not name.startswith("fc.")][:3]
    given["odd"] = given.pop(first)
    given[second] = torch.zeros(1, 2, 3)
    save_file(given, tmp_path / "w.safetensors")
    with pytest.raises(DataError) as error:
        start(tmp_path / "w.safetensors")
    said = str(error.value)
    assert f"1 missing ({first})" in said
    assert "1 unexpected (odd)" in said
    assert f"1 of another shape ({second})" in said
    assert third not in said


def test_weights_of_another_backbone_are_one_short_line(tmp_path: Path) -> None:
    save_file(trained("test_vit"), tmp_path / "w.safetensors")
    with pytest.raises(
        DataError,
        match=r"^`model\.weights`: the weights .* do not fit the model: tensors \d+ missing \(.*, \.\.\.\); \d+ unexp",
    ) as error:
        start(tmp_path / "w.safetensors")
    assert len(str(error.value).removeprefix(str(tmp_path))) < 500


def test_weights_of_nan_or_infinity_are_counted_and_named(tmp_path: Path) -> None:
    given = trained()
    given["bn1.weight"][0] = torch.nan
    given["conv1.0.weight" if "conv1.0.weight" in given else "conv1.weight"][0] = torch.inf
    given["fc.weight"][0] = torch.nan  # a classifier of other classes is left out
    torch.save(given, tmp_path / "w.pth")
    told = rf"^`model\.weights`: the weights .* hold NaN or infinity in 2 of {len(given)} tensors \(bn1\.weight, conv1"
    with pytest.raises(DataError, match=told):
        start(tmp_path / "w.pth")


def test_weights_of_another_kind_of_number_are_refused_and_those_of_another_precision_taken(tmp_path: Path) -> None:
    given = trained()
    torch.save({name: tensor.half() for name, tensor in given.items()}, tmp_path / "w.pth")
    own = start(tmp_path / "w.pth").state_dict()
    assert torch.equal(own["bn1.weight"], given["bn1.weight"].half().float())
    torch.save(given | {"bn1.weight": given["bn1.weight"].to(torch.int8)}, tmp_path / "w.pth")
    told = r"do not fit the model: tensors 1 of another kind \(bn1\.weight is int8 and not float32\)"
    with pytest.raises(DataError, match=told):
        start(tmp_path / "w.pth")


def test_counts_of_batch_norms_may_be_missing(tmp_path: Path) -> None:
    given = {name: tensor for name, tensor in trained().items() if not name.endswith("num_batches_tracked")}
    torch.save(given, tmp_path / "w.pth")
    own = start(tmp_path / "w.pth").state_dict()
    assert int(own["bn1.num_batches_tracked"]) == 0
    assert torch.equal(own["bn1.weight"], given["bn1.weight"])


def test_file_of_another_hash_is_refused(tmp_path: Path) -> None:
    save_file(trained(), tmp_path / "w.safetensors")
    with pytest.raises(
        DataError,
        match=rf"^`model\.sha256`: the weights .* are not those that it names: {'1' * 64}; they are [0-9a-f]{{64}}\.$",
    ):
        start(tmp_path / "w.safetensors", sha256="1" * 64)
    (tmp_path / "w.safetensors").write_bytes(POINTER)
    with pytest.raises(DataError, match=r"they are [0-9a-f]{64}; it is a Git LFS pointer; `git lfs pull` fetches"):
        start(tmp_path / "w.safetensors", sha256="1" * 64)


@pytest.mark.parametrize("head", HEADS)
def test_what_train_saves_is_loaded_whole(tmp_path: Path, head: str) -> None:
    net = network(head=HEADS[head])
    with torch.no_grad():
        for tensor in net.parameters():
            tensor.add_(0.01)
    save_file({n: t.contiguous() for n, t in net.state_dict().items()}, tmp_path / "w.safetensors")
    other = network(head=HEADS[head])
    load_weights(other, tmp_path / "w.safetensors")
    assert all(torch.equal(tensor, net.state_dict()[name]) for name, tensor in other.state_dict().items())
    # A recipe does not name them.
    with pytest.raises(DataError, match=r"^the weights .* do not fit the model"):
        load_weights(network(backbone="test_convnext", head=HEADS[head]), tmp_path / "w.safetensors")


def test_real_weights_fit_and_know_what_they_see(shared: Path) -> None:
    path = shared / "weights" / IMAGENET
    mine = {"backbone": "mobilenetv2_100", "options": {"pad_type": "same"}}
    state = start(path, **mine).state_dict()
    wanted = timm.create_model("mobilenetv2_100", pad_type="same", checkpoint_path=str(path)).state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in wanted.items() if not name.startswith("classifier"))
    for changes, words in (
        ({"backbone": "resnet18", "options": {}}, "missing"),
        ({"sha256": "a" * 64}, "are not those"),
    ):
        with pytest.raises(DataError, match=words):
            start(path, **mine | changes)
    with pytest.raises(DataError, match=r"\d+ missing .* \d+ unexpected"):
        start(shared / "weights" / "retinaface_mobilenet0.25.safetensors", **mine)
