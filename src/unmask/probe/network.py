"""The network that is frozen: a recipe's model as it was trained, or its backbone as it started."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors.torch import save

from unmask.model.build import build
from unmask.params import placed
from unmask.probe.params import Plan
from unmask.train.optimise import make_repeatable
from unmask.train.recipe import Recipe, dump, load


@contextmanager
def frozen(plan: Plan, recipe: Path, model: Path) -> Iterator[Path]:
    """Give the folder of the network, as `train` writes it.

    Args:
        plan: Which network it is.
        recipe: The recipe, a YAML file.
        model: Folder of the trained model; not looked at where the backbone alone is wanted.

    Raises:
        ParamsError: The recipe is wrong, or has no pretrained weights.
        DataError: The weights are missing or do not fit.
    """
    if plan.probes.network == "trained":
        yield model
        return
    with TemporaryDirectory() as folder:
        write_untrained(recipe, Path(folder))
        yield Path(folder)


def write_untrained(recipe: Path, out: Path) -> None:
    """Write a recipe's network before its first step: a pretrained backbone, and a classifier that means nothing.

    Args:
        recipe: The recipe, a YAML file.
        out: Gets model.safetensors and recipe.yaml.

    Raises:
        ParamsError: The recipe is wrong, or has no pretrained weights.
        DataError: The weights are missing or do not fit.
    """
    plan = load(recipe)
    check_weights(plan, recipe)
    make_repeatable(plan.seed, 0)
    state = build(plan.model, plan.input, pretrained=True).state_dict()
    (out / "model.safetensors").write_bytes(save({name: tensor.contiguous() for name, tensor in state.items()}))
    (out / "recipe.yaml").write_text(dump(plan), encoding="utf-8")


def check_weights(plan: Recipe, path: Path) -> None:
    """Refuse a backbone as it starts, where it starts from nothing.

    Raises:
        ParamsError: The recipe has no pretrained weights.
    """
    if plan.model.weights == "none":
        raise placed(path, "`probes.network: pretrained` needs weights; `model.weights` is `none`.")
