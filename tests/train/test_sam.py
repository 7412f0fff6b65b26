"""SAM: the gradient is that of the paper on a quadratic, weights come back to the bit, norms do not notice."""

from pathlib import Path

import timm
import torch
from toy_faces import write_recipe
from train.training import files_of, run

from unmask.train.sam import Sam


class Bowl(torch.nn.Module):
    """A loss of weights alone: half of w A w."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
        self.still = torch.nn.Parameter(torch.ones(2), requires_grad=False)
        root = torch.tensor([[2.0, 0.3, 0.1], [0.0, 1.0, 0.4], [0.0, 0.0, 3.0]], dtype=torch.float64)
        self.matrix = root @ root.T

    def forward(self) -> torch.Tensor:
        return self.weight @ self.matrix @ self.weight / 2


def descend(model: Bowl) -> None:
    model.zero_grad()
    torch.autograd.backward(model())


def test_gradient_is_that_of_the_worst_place_nearby() -> None:
    model, rho = Bowl(), 0.3
    start = model.weight.detach().clone()
    slope = model.matrix @ start
    wanted = model.matrix @ (start + rho * slope / slope.norm())
    descend(model)
    with Sam(model, rho).uphill():
        assert float((model.weight.detach() - start).norm()) == torch.tensor(rho).item() or torch.isclose(
            (model.weight.detach() - start).norm(), torch.tensor(rho, dtype=torch.float64)
        )
        descend(model)
    assert torch.equal(model.weight.detach(), start)
    assert model.weight.grad is not None
    torch.testing.assert_close(model.weight.grad, wanted)


def test_weights_come_back_also_after_an_error() -> None:
    model = Bowl()
    start = model.weight.detach().clone()
    descend(model)
    try:
        with Sam(model, 0.3).uphill():
            raise ValueError
    except ValueError:
        pass
    assert torch.equal(model.weight.detach(), start)


def test_statistics_of_norms_count_the_first_pass_alone() -> None:
    torch.manual_seed(0)
    model = timm.create_model("test_resnet", num_classes=1).train()
    once = timm.create_model("test_resnet", num_classes=1).train()
    once.load_state_dict(model.state_dict())
    pixels = torch.randn(4, 3, 32, 32)
    once(pixels)
    torch.autograd.backward(model(pixels).square().mean())
    with Sam(model, 0.5).uphill():
        torch.autograd.backward(model(pixels).square().mean())
    assert all(torch.equal(one, other) for one, other in zip(model.buffers(), once.buffers(), strict=True))
    model(pixels)
    assert not all(torch.equal(one, other) for one, other in zip(model.buffers(), once.buffers(), strict=True))


def test_recipe_with_sam_trains_otherwise(toy: Path) -> None:
    plain = run(toy, write_recipe(toy / "toy.yaml", train__epochs=2), "plain")
    flat = run(toy, write_recipe(toy / "toy.yaml", train__epochs=2, train__sam=0.1), "flat")
    assert files_of(plain)["model.safetensors"] != files_of(flat)["model.safetensors"]
