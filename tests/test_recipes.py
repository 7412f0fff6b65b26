"""Every recipe in `recipes/` is whole, explained key by key, and builds."""

import re
from pathlib import Path

import pytest
import timm
import torch

from unmask import params
from unmask.errors import ParamsError
from unmask.model.build import build
from unmask.probe.params import load as load_probes
from unmask.train.optimise import build_optimizer
from unmask.train.params import Recipes
from unmask.train.recipe import ELSEWHERE, dump, load
from unmask.train.scoring import score

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "recipes").glob("*.yaml"))
NAMES = [path.stem for path in FILES]


def test_there_are_recipes() -> None:
    assert {"mobile", "mobile_demo", "mobilenetv2"} < set(NAMES)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_recipe_says_all_of_its_values(path: Path, tmp_path: Path) -> None:
    recipe = load(path)
    (tmp_path / "again.yaml").write_text(dump(recipe))
    written = {key: value for key, value in params.read_yaml(path).items() if key not in ELSEWHERE}
    assert params.read_yaml(tmp_path / "again.yaml") == written
    load_probes(path)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_block_of_keys_has_its_question(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert sum(line.strip().startswith("#") and "?" in line for line in lines) >= 20
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_recipe_builds_and_scores(path: Path) -> None:
    recipe = load(path)
    assert timm.is_model(recipe.model.backbone)
    torch.manual_seed(0)
    model = build(recipe.model, recipe.input, pretrained=False).eval()
    build_optimizer(model, recipe.train)
    crops = torch.randint(0, 256, (2, 3, 128, 128), dtype=torch.uint8)
    logits, embeddings = score(model, crops, recipe.input, recipe.predict.batch)
    assert logits.shape == (2,)
    assert embeddings.ndim == 2
    assert torch.isfinite(logits).all()


def test_imagenet_weights_fit_their_recipe(shared: Path) -> None:
    recipe = load(ROOT / "recipes" / "mobilenetv2.yaml")
    weights = shared / "weights" / "mobilenetv2_100_imagenet_timm_same.safetensors"
    part = recipe.model.model_copy(update={"weights": str(weights)})
    torch.manual_seed(0)
    plain = build(part, recipe.input, pretrained=False).state_dict()
    torch.manual_seed(0)  # so that the classifier, which keeps its own weights, is the same
    given = build(part, recipe.input, pretrained=True).state_dict()
    changed = {name.split(".")[0] for name in plain if not torch.equal(plain[name], given[name])}
    assert changed == {"conv_stem", "bn1", "blocks", "conv_head", "bn2"}


def parse(text: str, folder: Path) -> Recipes:
    (folder / "params.yaml").write_text(text)
    values = params.read_yaml(folder / "params.yaml")
    return params.parse(Recipes, values["recipes"], folder / "params.yaml", ("recipes",))


def test_listed_recipes_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert parse("recipes: [mobile_demo, mobile]", tmp_path).root == ["mobile_demo", "mobile"]
    with pytest.raises(
        ParamsError, match=rf"no recipe `recipes/mobil\.yaml`; there are: {re.escape(', '.join(NAMES))}"
    ):
        parse("recipes: [mobil]", tmp_path)
    with pytest.raises(ParamsError, match="`mobile` is listed more than once"):
        parse("recipes: [mobile, mobile]", tmp_path)
    with pytest.raises(ParamsError, match=r"line 1: `recipes\.0` must be a text"):
        parse("recipes: [3]", tmp_path)
