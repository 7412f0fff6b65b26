"""What timm does not take is one error, which begins with the key of the recipe that is at fault."""

import warnings
from typing import Any

import pytest
import timm
from model.making import FREQUENCY, HEADS, SHOWN, network, part

from unmask.errors import ParamsError
from unmask.model.build import build

TINY = "resnet10t"
RATE = r"must be a number from 0 to below 1 \(given: "


def told(message: str, size: int = SHOWN.size, *, pretrained: bool = False, **changes: Any) -> None:
    """Check that a recipe is refused in one line that begins with a message, and that nothing else is told."""
    with warnings.catch_warnings(action="error"), pytest.raises(ParamsError, match=f"^{message}") as error:
        build(part(**changes), SHOWN.model_copy(update={"size": size}), pretrained=pretrained)
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mobilenet_v3_small", r"timm has no model `mobilenet_v3_small`; the closest are: .*mobilenetv3_small"),
        (
            "test_resnet.nobody_in1k",
            r"timm has no `test_resnet\.nobody_in1k`; of `test_resnet` it has `test_resnet\.r1",
        ),
        ("xception", r"`xception` is an old name; timm calls it `legacy_xception` now, so say that\."),
        ("convnext_tiny_in22ft1k", r".* timm calls it `convnext_tiny\.fb_in22k_ft_in1k` now"),
    ],
)
def test_name_that_timm_does_not_have_is_told(name: str, message: str) -> None:
    told(rf"`model\.backbone`: {message}", pretrained=True, backbone=name)


def test_weights_that_the_hub_does_not_have_are_told_without_asking_it() -> None:
    name = "vit_small_patch16_36x1_224"
    told(rf"`model\.weights`: timm has no weights of `{name}`; say `none`, or name", backbone=name, weights="hub")
    name = "vit_huge_patch14_224.untrained"
    there = r"it has those of `vit_huge_patch14_224\.mae`"
    told(rf"`model\.weights`: timm has no weights of `{name}`; {there}", backbone=name, weights="hub")
    network(weights="hub")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour": 1}, r": timm.s `resnet10t` has no option `colour`"),
        ({"features_only": True}, r" must not hold `features_only`: the head `fusion` tak"),
        ({"drop_rate": 0.5}, r" must not hold `drop_rate`: `model.drop_rate` says it"),
        ({"num_classes": 2}, r" must not hold `num_classes`: every network has one output"),
        ({"in_chans": 1}, r" must not hold `in_chans`: every image has three colours"),
        ({"variant": "x"}, r" must not hold `variant`: `model\.backbone` says it"),
        (
            {"pretrained_cfg_overlay": {"file": "w.pth"}},
            r" must not hold `pretrained_cfg_overlay`: `model\.weights` ta",
        ),
        ({"drop_path_rate": 2}, rf": `drop_path_rate` {RATE}2\)"),
        ({"drop_path_rate": True}, rf": `drop_path_rate` {RATE}true\)"),
        ({"attn_drop_rate": -0.1}, rf": `attn_drop_rate` {RATE}-0\.1\)"),
        ({"drop_block_rate": "a"}, rf": `drop_block_rate` {RATE}'a'\)"),
        ({"drop_path_rate": [0.1, 1]}, rf": `drop_path_rate` {RATE}\[0\.1, 1\]\)"),
        (
            {"stem_width": 8, "output_stride": 5},
            r": timm cannot build `resnet10t` with `output_stride: 5`: AssertionErr",
        ),
        ({"act_layer": "relux"}, r": timm cannot build `resnet10t` with `act_layer: 'relux'`: KeyError: 'relux'\."),
        (
            {"channels": 16},
            r": timm cannot build `resnet10t` with `channels: 16`: TypeError: object of type 'int' has no",
        ),
        ({"block": "x", "aa_layer": "x"}, r": timm cannot build `resnet10t` with `block: 'x'` and `aa_layer: 'x'`: "),
        ({"channels": [10**9] * 4}, r": timm cannot build `resnet10t` with `channels: \[1000000000, .*allocate memory"),
        (
            {"channels": [16, 32, 48, 0]},
            r": `resnet10t` with the head `plain` and `channels: \[16, 32, 48, 0\]` cannot take images of 48 x 48 pix",
        ),
        (
            {"act_layer": "relu", "global_pool": ""},
            r": `resnet10t` with the head `plain` and `global_pool: ''` cannot take images of 48 x 48 pixels: ",
        ),
    ],
)
def test_option_at_fault_is_named(options: dict[str, Any], message: str) -> None:
    told(rf"`model\.options`{message}", backbone=TINY, options=options)


def test_option_that_changes_the_answer_is_named() -> None:
    named = r"`model\.options`: `test_vit` with the head `{}` and `global_pool: ''` "
    options = {"global_pool": "", "act_layer": "gelu"}
    told(
        named.format("plain") + r"must give one logit .* gives the shape \(1, 10, 1\)",
        backbone="test_vit",
        options=options,
    )
    told(
        named.format("frequency") + r"cannot take images of 48 x 48 pixels",
        backbone="test_vit",
        options=options,
        head=HEADS["late"],
    )


def test_rates_that_timm_takes_are_taken() -> None:
    network(backbone="test_vit", options={"drop_path_rate": 0, "proj_drop_rate": 0.99, "pos_drop_rate": None})


@pytest.mark.parametrize(
    ("backbone", "size", "message"),
    [
        (
            "test_vit",
            24,
            r"`test_vit` with the head `plain` cannot take .* 24 x 24 pixels; timm has it for 160 x 160: .*div",
        ),
        ("test_maxvit", 72, r"`test_maxvit` with .* 72 x 72 pixels; timm has it for 160 x 160: .*divisible"),
        (
            "crossvit_9_240",
            128,
            r"`crossvit_9_240` with .* 128 x 128 pixels; timm has it for 240 x 240: The size of te",
        ),
        ("nest_tiny", 100, r"timm cannot build `nest_tiny` for images of 100 x 100 pixels; it has it for 224 x 224: "),
    ],
)
def test_size_that_a_backbone_cannot_take_is_told_with_the_one_that_it_can(
    backbone: str, size: int, message: str
) -> None:
    told(rf"`input\.size`: {message}", size, backbone=backbone)


def test_weights_of_the_hub_that_cannot_be_had_are_no_fault_of_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*given: object, **named: object) -> None:
        raise OSError("the internet is not there")

    monkeypatch.setattr("timm.models._builder.load_pretrained", gone)
    message = r"`model\.weights`: timm cannot fill `test_resnet`, as the recipe has it, .* the internet is not there\."
    told(message, weights="hub", options={"act_layer": "relu"}, pretrained=True)


def test_backbone_that_cannot_be_built_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object, **named: object) -> None:
        raise AssertionError

    monkeypatch.setattr(timm, "create_model", broken)
    told(r"`model\.backbone`: timm cannot build `test_resnet`: AssertionError\.", options={"act_layer": "relu"})


def test_head_that_cannot_be_put_on_a_backbone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object, **named: object) -> None:
        raise RuntimeError("there is no more memory")

    monkeypatch.setattr("unmask.model.heads.frequency.ConvNormAct", full)
    message = r"`model\.head`: `frequency` cannot be put on timm's `test_resnet`: there is no more memory\."
    told(message, head=FREQUENCY)


def test_checkpointing_that_a_backbone_cannot_do_is_told() -> None:
    told(r"`model\.checkpointing` must be false with timm's `dla46_c`", checkpointing=True, backbone="dla46_c")


def test_a_fault_found_by_trying_again_leaves_nothing_changed() -> None:
    first = network().state_dict()
    told(r"`model\.options`: ", options={"output_stride": 5})
    again = network().state_dict()
    assert all((first[name] == tensor).all() for name, tensor in again.items())
