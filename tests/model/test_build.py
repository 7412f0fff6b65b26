"""Building: what timm does not know or take is one error, and what it does take is one network."""

from typing import Any

import pytest
import timm
import torch
from model.making import HEADS, SHOWN, images, network, part

from unmask.errors import ParamsError
from unmask.model.build import build, compile_steps
from unmask.model.freeze import held_at_random
from unmask.model.network import classifiers, embed


def test_plain_network_is_timms_own() -> None:
    torch.manual_seed(0)
    own: Any = timm.create_model("test_resnet", num_classes=1, drop_rate=0.0)
    net = network()
    assert net.state_dict().keys() == own.state_dict().keys()
    own.load_state_dict(net.state_dict())
    assert type(net) is type(own)
    assert torch.equal(net(images()), own(images()))


def test_features_that_are_no_row_are_told_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    kind: Any = type(network())
    own = kind.forward_head
    monkeypatch.setattr(kind, "forward_head", lambda net, x, pre_logits=False: x if pre_logits else own(net, x))
    told = r"`test_resnet` with the head `plain` must give one row of features .* gives the shape \(1, 96, 2, 2\)"
    with pytest.raises(ParamsError, match=told):
        network()


@pytest.mark.parametrize("size", [32, 96])
def test_transformers_are_built_for_the_size_of_the_input(size: int) -> None:
    shown = SHOWN.model_copy(update={"size": size})
    net = network(shown, backbone="test_vit")
    assert net(images(2, size)).shape == (2, 1)
    assert net.pos_embed.shape[1] == (size // 16) ** 2 + net.num_prefix_tokens
    given = network(shown, backbone="test_vit", options={"img_size": 160, "dynamic_img_size": True})
    assert given.pos_embed.shape[1] == 100 + given.num_prefix_tokens


@pytest.mark.parametrize("head", HEADS)
def test_checkpointing_changes_no_gradient(head: str) -> None:
    grads = []
    for checkpointing in (False, True):
        net = network(backbone="test_vit", head=HEADS[head], checkpointing=checkpointing)
        torch.autograd.backward(net(images()).square().sum())
        grads.append({name: parameter.grad for name, parameter in net.named_parameters()})
    torch.testing.assert_close(grads[0], grads[1])
    assert any(block.grad_checkpointing for block in net.modules() if hasattr(block, "grad_checkpointing"))


@pytest.mark.parametrize("backbone", ["test_resnet", "test_vit", "mobilenetv3_small_100"])
def test_embedding_is_what_the_classifier_sees(backbone: str) -> None:
    net = network(backbone=backbone).eval()
    (name,) = classifiers(net)
    with torch.inference_mode():
        features = embed(net, images())
        torch.testing.assert_close(net.get_submodule(name)(features), net(images()))
    facts = timm.get_pretrained_cfg(backbone)
    assert facts is not None
    assert name == facts.classifier


def test_dropout_is_that_of_the_recipe() -> None:
    for head, options in HEADS.items():
        net = network(head=options, drop_rate=0.5).train()
        torch.manual_seed(1)
        with torch.no_grad():
            features = net.forward_features(images(2))
            answers = {round(float(net.forward_head(features)[0]), 6) for _ in range(4)}
        assert len(answers) > 1, head


def test_channels_last_is_a_layout_and_no_other_network() -> None:
    for options in HEADS.values():
        plain, last = (network(head=options, channels_last=on).eval() for on in (False, True))
        assert last.state_dict().keys() == plain.state_dict().keys()
        assert any(p.is_contiguous(memory_format=torch.channels_last) for p in last.parameters() if p.ndim == 4)
        with torch.inference_mode():
            seen = last(images().contiguous(memory_format=torch.channels_last))
            torch.testing.assert_close(seen, plain(images()), atol=1e-5, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("head", ["plain", "late", "both"])
def test_compiled_steps_give_the_same_gradients(head: str) -> None:
    grads = []
    for on in (False, True):
        net = network(head=HEADS[head], compile=on)
        compile_steps(net, part(compile=on))
        assert (net._compiled_call_impl is not None) == on
        torch.autograd.backward(net(images()).square().sum())
        grads.append({name: parameter.grad for name, parameter in net.named_parameters()})
        assert not any("_orig_mod" in name for name in net.state_dict())
    torch.testing.assert_close(grads[0], grads[1], atol=1e-4, rtol=1e-3)


def test_both_classifiers_of_a_distilled_transformer_start_near_zero() -> None:
    net = network(SHOWN.model_copy(update={"size": 224}), backbone="deit_tiny_distilled_patch16_224")
    assert embed(net.eval(), images(1, 224)).shape == (1, 192)
    for layer in net.get_classifier():
        assert 0 < layer.weight.abs().max() < 0.06
        assert not layer.bias.any()


def test_without_a_compiler_compiling_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", ("none-such",))
    compile_steps(network(), part(compile=False))
    with pytest.raises(ParamsError, match=r"`model.compile`: no C\+\+ compiler is here"):
        compile_steps(network(), part(compile=True))


def test_weights_of_the_hub_that_saw_other_colours_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timm.models._builder.load_pretrained", lambda *given, **named: None)
    build(part(weights="hub"), SHOWN, pretrained=True)
    said = capsys.readouterr().err
    assert "`input.mean` is [0.5, 0.4, 0.3], but these weights were trained with [0.5, 0.5, 0.5]" in said
    right = SHOWN.model_copy(update={"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)})
    build(part(weights="hub"), right, pretrained=True)
    assert capsys.readouterr().err == ""


def test_layers_that_stay_random_are_told() -> None:
    for way in ("all", "norms", 2):
        assert held_at_random(part(freeze=way)).startswith(f"`model.freeze` is {way}, but with `model.weights: none`")
    assert held_at_random(part(freeze="none")) == held_at_random(part(freeze="all", weights="hub")) == ""
