"""One epoch of learning and one of judging, on whatever machines accelerate finds."""

from collections.abc import Iterator

import numpy as np
import torch
from accelerate import Accelerator, DataLoaderConfiguration
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader

from unmask.errors import DataError, ParamsError
from unmask.parallel import workers
from unmask.train.checkpoint import State
from unmask.train.data import Crops, Draw, Item
from unmask.train.model import build, set_training
from unmask.train.optimise import build_optimizer, loss_of, lr_factor, make_repeatable, positive_weight
from unmask.train.recipe import Recipe
from unmask.train.scoring import score, to_input
from unmask.train.validate import video_auc


class Trainer:
    """The network of a recipe with its optimizer and its data."""

    def __init__(self, plan: Recipe, learned: Crops, judged: Crops) -> None:
        """Build the network and hand everything to accelerate.

        Args:
            plan: The recipe.
            learned: Crops of the training split.
            judged: Crops of the validation split.
        """
        self._plan, self._learned, self._judged = plan, learned, judged
        self.accelerator = _accelerator(plan)
        make_repeatable(plan.seed, epoch=0)
        self.net = build(plan.model, pretrained=True)
        optimizer = build_optimizer(self.net, plan.train)
        per_video = None if plan.train.crops_per_video == "all" else plan.train.crops_per_video
        self._draw = Draw(learned.videos, per_video, plan.seed)
        prepared = self.accelerator.prepare(self.net, optimizer, self._loader(learned, self._draw, plan.train.batch))
        self._model, self.optimizer, self._batches = prepared
        in_order = [(0, row) for row in range(len(judged))]
        self._judged_batches = self.accelerator.prepare(self._loader(judged, in_order, plan.predict.batch))
        self._mean_weight = float(learned.weights.mean())
        factor = positive_weight(plan.train, learned.labels, learned.weights)
        self._loss = (factor, plan.train.label_smoothing)

    def restore(self, state: State) -> None:
        """Go on from a checkpoint."""
        if state.epoch:
            self.net.load_state_dict(state.model)
            self.optimizer.load_state_dict(state.optimizer)
            if self.accelerator.scaler is not None:
                self.accelerator.scaler.load_state_dict(state.scaler)

    def learn(self, epoch: int) -> float:
        """Take one epoch's steps.

        Args:
            epoch: Number of the epoch, from 1.

        Returns:
            Mean loss.

        Raises:
            DataError: The loss is no longer a number.
        """
        make_repeatable(self._plan.seed, epoch)
        set_training(self.net, self._plan.train)
        self._draw.epoch = epoch
        losses = []
        for step, batch in enumerate(_unwrapped(self._batches)):
            self._set_rate(epoch - 1 + (step + 0.5) / len(self._batches))
            losses.append(self._step(batch))
        mean = float(self.accelerator.reduce(torch.stack(losses).mean(), "mean"))
        if not np.isfinite(mean):
            raise DataError(f"the loss of epoch {epoch} is {mean}; lower `train.lr` or set `train.clip_norm`.")
        return mean

    @property
    def faces(self) -> int:
        """Count the crops of one epoch."""
        return len(self._batches) * self._plan.train.batch

    def judge(self) -> tuple[float, float]:
        """Give the video-level AUC and the crop-level loss on validation."""
        self.net.eval()
        logits = torch.zeros(len(self._judged))
        for batch in _unwrapped(self._judged_batches):
            found, _ = score(self.net, batch["pixels"], self._plan.input, self._plan.predict.batch)
            rows, found = self.accelerator.gather_for_metrics((batch["row"], found))
            logits[rows.cpu()] = found.cpu()
        loss = float(binary_cross_entropy_with_logits(logits, self._judged.labels))
        if not np.isfinite(loss):
            raise DataError("a logit on validation is no number; lower `train.lr` or set `train.clip_norm`.")
        return video_auc(self._judged.videos, self._judged.labels.numpy(), logits.numpy()), loss

    def _step(self, batch: Item) -> torch.Tensor:
        pixels = to_input(batch["pixels"], self._plan.input)
        if self._plan.model.channels_last:
            pixels = pixels.contiguous(memory_format=torch.channels_last)
        logits = self._model(pixels)[:, 0]
        loss = loss_of(logits, batch["label"], batch["weight"] / self._mean_weight, self._loss)
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        if self._plan.train.clip_norm != "none":
            self.accelerator.clip_grad_norm_(self.net.parameters(), self._plan.train.clip_norm)
        self.optimizer.step()
        return loss.detach()

    def _set_rate(self, done: float) -> None:
        for group in self.optimizer.param_groups:
            # timm's layer-wise rates come as `lr_scale`.
            group["lr"] = self._plan.train.lr * group.get("lr_scale", 1.0) * lr_factor(done, self._plan.train)

    def _loader(self, crops: Crops, sampler: Draw | list[tuple[int, int]], batch: int) -> DataLoader[Item]:
        # Kept crops are cheap to augment beside a CPU that trains; everything else feeds on worker processes.
        count = 0 if crops.in_memory and self.accelerator.device.type == "cpu" else workers()
        return DataLoader(
            crops,
            batch_size=batch,
            sampler=sampler,
            num_workers=count,
            persistent_workers=count > 0,
            # An epoch's odd rest would be a batch of a few crops, which unsettles batch norm; it is drawn anew anyway.
            drop_last=isinstance(sampler, Draw) and len(sampler) >= batch,
            generator=torch.Generator(),  # so that the loader takes nothing from the draw of dropout
        )


def _accelerator(plan: Recipe) -> Accelerator:
    precision = "no" if plan.train.precision == "fp32" else plan.train.precision
    try:
        # The recipe's batch is that of all processes together.
        return Accelerator(mixed_precision=precision, dataloader_config=DataLoaderConfiguration(split_batches=True))
    except ValueError as error:
        raise ParamsError(f"`train.precision`: {plan.train.precision} does not work on this machine: {error}") from None


def _unwrapped(batches: DataLoader[Item]) -> Iterator[Item]:
    try:
        yield from batches
    except DataError as error:
        # A worker process puts its traceback before the message.
        raise DataError(str(error).rpartition("DataError: ")[2].strip()) from None
