"""Policies: seeded, as often as the recipe says, by corpus, and blind to the label."""

import pickle
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import torch
from augment.operations import OPERATIONS, face, policy_of, settings_of, tensor
from scipy.stats import binom

from unmask.augment.part import Augment, names
from unmask.augment.policy import TOGETHER, Policies, Policy
from unmask.train.data import Crops, read_manifest

ROOT = Path(__file__).parent.parent.parent
PICTURE = tensor(face(36, 48))


def test_every_operation_is_tested() -> None:
    there = {path.stem for path in (ROOT / "src/unmask/augment/operations").glob("*.py")} - {"__init__"}
    assert there == set(names()) == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_keeps_shape_and_type_and_is_seeded(name: str) -> None:
    before = PICTURE.clone()
    policy = policy_of(name)
    changed = policy(PICTURE, "a", epoch=1)
    assert changed.dtype == torch.uint8
    assert changed.shape == PICTURE.shape
    assert not torch.equal(changed, PICTURE)
    assert torch.equal(PICTURE, before)
    assert torch.equal(changed, policy_of(name)(PICTURE, "a", epoch=1))
    assert torch.equal(changed, policy(PICTURE.contiguous(), "a", epoch=1))
    others = [policy(PICTURE, "b", 1), policy(PICTURE, "a", 2), policy_of(name, seed=2)(PICTURE, "a", 1)]
    assert name in ("flip", "grey") or not any(torch.equal(changed, other) for other in others)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_takes_odd_and_tiny_pictures(name: str) -> None:
    for height, width in [(1, 1), (5, 3), (37, 20)]:
        assert policy_of(name)(tensor(face(height, width)), "a", 1).shape == (3, height, width)


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_drawn_once_changes_two_pictures_alike(name: str) -> None:
    changes = policy_of(name).draw((36, 48), "a", 1)
    assert torch.equal(changes(PICTURE), changes(PICTURE))


@pytest.mark.parametrize("name", ["flip", "noise", "grey"])
@pytest.mark.parametrize("p", [0.0, 0.25, 0.7, 1.0])
def test_probability_is_that_of_the_recipe(name: str, p: float) -> None:
    policy, tries = policy_of(name, p=p), 2000
    applied = sum(bool(policy.draw((3, 3), f"toy/{i}", 1).steps) for i in range(tries))
    # A right coin falls outside once in a million times; the seed is fixed.
    assert max(binom.ppf(5e-7, tries, p), 0) <= applied <= binom.ppf(1 - 5e-7, tries, p)


def test_epochs_draw_as_keys_do() -> None:
    applied = sum(bool(policy_of("flip", p=0.5).draw((3, 3), "toy/a", epoch).steps) for epoch in range(1000))
    assert binom.ppf(5e-7, 1000, 0.5) <= applied <= binom.ppf(1 - 5e-7, 1000, 0.5)


def test_an_operation_does_not_shift_the_draws_of_another() -> None:
    alone = policy_of("noise", p=0.5)
    some = {name: settings_of(name) for name in ("gamma", "iso_noise", "erase")}
    joined = Policy({**some, "noise": settings_of("noise", p=0.5)}, seed=1)
    image, applied = tensor(face(9, 9)), 0
    for number in range(50):
        one, other = (policy.draw((9, 9), f"toy/{number}", 1) for policy in (alone, joined))
        applied += len(one.steps)
        assert len(other.steps) == len(one.steps) + 3
        if one.steps:
            assert torch.equal(one.steps[0].apply(image), other.steps[-1].apply(image))
    assert 10 < applied < 40


def test_streams_of_new_operations_leave_those_that_share_one_alone() -> None:
    assert set(OPERATIONS) > TOGETHER
    old = {name: settings_of(name, p=0.5) for name in ("flip", "rotate", "colour")}
    new = {"gamma": settings_of("gamma", p=0.5), **old, "noise": settings_of("noise", p=0.0)}
    for number in range(20):
        key = f"toy/{number}"
        one, other = Policy(old, 1).draw((36, 48), key, 1), Policy(new, 1).draw((36, 48), key, 1)
        steps = other.steps[len(other.steps) - len(one.steps) :]
        assert all(torch.equal(a.apply(PICTURE), b.apply(PICTURE)) for a, b in zip(one.steps, steps, strict=True))


def test_operations_are_applied_in_the_order_of_the_recipe() -> None:
    dark, grey = settings_of("tint", shift=[-200, -200]), settings_of("tint", shift=[40, 40])
    parts = {"tint": dark, "gamma": settings_of("gamma", gamma=[2, 2])}
    image = torch.full((3, 4, 4), 240, dtype=torch.uint8)
    assert int(Policy(parts, 1)(image, "a", 1)[0, 0, 0]) == round(255 * (40 / 255) ** 2)
    turned = Policy(dict(reversed(parts.items())), 1)(image, "a", 1)
    assert int(turned[0, 0, 0]) == round(255 * (240 / 255) ** 2) - 200
    assert grey.p == 1


def test_a_corpus_has_its_policy_and_all_others_the_default() -> None:
    policies = {"strong": {"flip": settings_of("flip")}, "weak": {}, "other": {"grey": settings_of("grey")}}
    chosen = Policies(Augment(policies=policies, default="strong", corpora={"deeperforensics": "weak"}), seed=1)
    assert torch.equal(chosen(PICTURE, "deeperforensics/000_M101/3/0", 1), PICTURE)
    for corpus in ("faceforensics", "deeperforensics2", "weak"):
        assert torch.equal(chosen(PICTURE, f"{corpus}/deeperforensics/3/0", 1), PICTURE.flip(-1))
    assert torch.equal(chosen.of("celeb_df")(PICTURE, "x", 1), PICTURE.flip(-1))


def test_augmentation_is_not_even_given_the_label(toy: Path) -> None:
    for function in (
        Policy.__init__,
        Policy.__call__,
        Policy.draw,
        Policies.__init__,
        Policies.__call__,
        Policies.draw,
    ):
        assert set(signature(function).parameters) <= {
            "self",
            "operations",
            "part",
            "seed",
            "image",
            "size",
            "key",
            "epoch",
        }
    table = read_manifest(toy / "train.parquet")
    place = table.column_names.index("label")
    swapped = table.set_column(place, "label", [[1 - label.as_py() for label in table["label"]]]).cast(table.schema)
    policies = Policies(Augment(policies={"a": {"jpeg": settings_of("jpeg")}}, default="a", corpora={}), seed=1)
    one, other = (Crops(rows, toy / "shards", policies) for rows in (table, swapped))
    assert one.labels[0] != other.labels[0]
    assert all(torch.equal(one[1, i]["pixels"], other[1, i]["pixels"]) for i in range(len(one)))
    assert not all(torch.equal(one[1, i]["pixels"], one[2, i]["pixels"]) for i in range(len(one)))


def test_one_of_several_is_drawn_by_weight() -> None:
    of = {"flip": {"p": 0.2}, "rotate": {"p": 0.6, "degrees": [90, 90]}}
    policy, image, tries = policy_of("one_of", p=0.5, of=of), tensor(face(5, 5)), 1000
    changed = [policy(image, str(number), 1) for number in range(tries)]
    for wanted, p in [(image.flip(-1), 0.125), (torch.rot90(image, 1, (1, 2)), 0.375), (image, 0.5)]:
        count = sum(torch.equal(one, wanted) for one in changed)
        assert binom.ppf(5e-7, tries, p) <= count <= binom.ppf(1 - 5e-7, tries, p)


def test_no_operation_leaves_a_crop_as_it_is() -> None:
    changes = Policy({}, seed=1).draw((36, 48), "a", 1)
    assert torch.equal(changes(PICTURE), PICTURE)
    assert np.array_equal(changes.matrix, np.eye(2, 3))


def test_policies_go_to_worker_processes_that_are_not_forked() -> None:
    policies = {"all": {name: settings_of(name, p=0.5) for name in OPERATIONS}}
    chosen = Policies(Augment(policies=policies, default="all", corpora={}), seed=1)
    assert torch.equal(pickle.loads(pickle.dumps(chosen))(PICTURE, "toy/a", 1), chosen(PICTURE, "toy/a", 1))
