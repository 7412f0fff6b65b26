"""One epoch of learning and one of judging, on whatever machines accelerate finds."""

import sys
from collections.abc import Callable, Iterator

import numpy as np
import torch
from timm.layers.norm_act import convert_sync_batchnorm
from torch.nn.functional import binary_cross_entropy_with_logits
from tqdm import tqdm

from unmask.errors import DataError
from unmask.model.build import build, compile_steps
from unmask.model.freeze import set_training
from unmask.train.average import Average
from unmask.train.batches import Batches, Share, in_order, loader, on
from unmask.train.checkpoint import Checkpoint, State
from unmask.train.data import Crops, Item
from unmask.train.drawing import Epoch, Ints, Rows
from unmask.train.groups import table
from unmask.train.loss import Criterion
from unmask.train.machines import accelerator
from unmask.train.optimise import (
    build_optimizer,
    lr_factor,
    make_repeatable,
    random_state,
    set_random_state,
    set_up_torch,
)
from unmask.train.recipe import Recipe
from unmask.train.sam import Sam
from unmask.train.scoring import score, to_input
from unmask.train.validate import ALWAYS, SCORES, column


class Trainer:
    """The network of a recipe with its optimizer and its data."""

    def __init__(self, plan: Recipe, learned: Crops, judged: Crops) -> None:
        """Build the network and hand it to accelerate.

        Args:
            plan: The recipe.
            learned: Crops of the training split.
            judged: Crops of the validation split.

        Raises:
            ParamsError: The recipe asks for what this machine or timm does not have.
            DataError: The weights are missing or do not fit.
        """
        self._plan, self._learned, self._judged = plan, learned, judged
        self.accelerator = accelerator(plan.train, learned.views)
        set_up_torch()  # behind accelerate, which sets a number of threads of its own
        make_repeatable(plan.seed, 0)
        self.net = build(plan.model, plan.input, pretrained=True)
        self._prepare()
        self._share = Share(self.accelerator.process_index, self.accelerator.num_processes)
        rows, crops = Rows.of(learned.table), plan.train.batch // learned.views
        self._batches = Batches(_order(plan, rows, crops), crops, self._share)
        self._loader = loader(learned, self._batches, self.accelerator.device)
        whole = in_order(len(judged), plan.predict.batch, self._share)
        self._judging = loader(judged, whole, self.accelerator.device)
        often = _often(plan, rows, learned.views)
        self._criterion = Criterion(plan.train.loss, learned.labels, learned.weights, often)
        self._sam = None if plan.train.sam == "none" else Sam(self.net, plan.train.sam)

    def _prepare(self) -> None:
        part = self._plan.train
        if self.accelerator.num_processes > 1 and self.accelerator.device.type == "cuda":
            # So that norms see the whole batch, as with one process; on CPUs torch has nothing like it.
            self.net = convert_sync_batchnorm(self.net)  # type: ignore[no-untyped-call]
        optimizer = build_optimizer(self.net, part)
        self.groups = table(self.net, optimizer, part.lr)
        # Copied before accelerate puts mixed precision around the network: it is judged in full.
        self._average = None if part.ema == "none" else Average(self.net, part.ema)
        if self._average is not None:
            self._average.net.to(self.accelerator.device)
        compile_steps(self.net, self._plan.model)
        self._model, self.optimizer = self.accelerator.prepare(self.net, optimizer)

    @property
    def kept(self) -> torch.nn.Module:
        """Give the network that is judged and kept: the moving average where there is one."""
        return self.net if self._average is None else self._average.net

    @property
    def steps(self) -> int:
        """Count the steps of the epoch."""
        return self._batches.count

    @property
    def faces(self) -> int:
        """Count the pictures of the epoch."""
        return self._batches.crops * self._learned.views

    def restore(self, state: State) -> None:
        """Go on from a checkpoint."""
        if state.steps:
            self.net.load_state_dict(state.model)
            self.optimizer.load_state_dict(state.optimizer)
            if self._average is not None:
                self._average.net.load_state_dict(state.average)
            if self.accelerator.scaler is not None:
                self.accelerator.scaler.load_state_dict(state.scaler)

    def note(self, state: State) -> None:
        """Put into a state where network and optimizer stand; its tensors are theirs, not copies."""
        state.model, state.optimizer = self.net.state_dict(), self.optimizer.state_dict()
        state.average = {} if self._average is None else self._average.net.state_dict()
        state.scaler = {} if self.accelerator.scaler is None else self.accelerator.scaler.state_dict()

    def learn(self, state: State, checkpoint: Checkpoint) -> float:
        """Take the steps of an epoch that are left, and save now and then.

        Args:
            state: Where the training stands; it is brought up to date.
            checkpoint: Where it is saved.

        Returns:
            Mean loss of the epoch.

        Raises:
            DataError: The loss is no longer a number, or a crop cannot be read.
        """
        epoch = state.epoch + 1
        make_repeatable(self._plan.seed, epoch)
        set_training(self.net, hold_norms=self._plan.train.freeze_norm)
        self._batches.begin(epoch, state.step)
        if state.step:
            set_random_state(state.random)
        else:
            state.losses = torch.zeros(self._batches.count)
        state.losses = state.losses.to(self.accelerator.device)
        for batch in self._shown(epoch, state.step):
            if self._share.count > 1:
                make_repeatable(self._plan.seed, epoch, state.step, self._share.index)
            self._set_rate(epoch - 1 + (state.step + 0.5) / self._batches.count)
            state.losses[state.step] = self._step(batch)
            state.step, state.steps = state.step + 1, state.steps + 1
            if self._average is not None:
                self._average.follow(self.net, state.steps)
            if checkpoint.due:
                self.note(state)
                state.random = random_state()
                checkpoint.save(state)
        return self._mean(state)

    def judge(self) -> dict[str, float]:
        """Give the scores of the validation split: AUC over videos, loss over crops, and what chooses the epoch.

        Raises:
            DataError: A logit is no number.
        """
        self._agree()
        self.kept.eval()
        logits = torch.zeros(len(self._judged), device=self.accelerator.device)
        for batch in on(self.accelerator.device, self._judging):
            logits[batch["row"]] = score(self.kept, batch["pixels"], self._plan.input, self._plan.predict.batch)[0]
        logits = self.accelerator.reduce(logits, "sum").cpu()
        loss = float(binary_cross_entropy_with_logits(logits, self._judged.labels))
        if not np.isfinite(loss):
            raise DataError("a logit on validation is no number; lower `train.lr` or set `train.clip_norm`.")
        known = (self._judged.videos, self._judged.labels.numpy(), logits.numpy())
        wanted = [name for name in SCORES if name in ALWAYS or name == self._plan.train.select]
        return {"val_loss": loss} | {column(name): SCORES[name](*known) for name in wanted}

    def _step(self, batch: Item) -> torch.Tensor:
        loss = self._descend(batch)
        if self._sam is not None:
            with self._sam.uphill():
                self._descend(batch)
        if self._plan.train.clip_norm != "none":
            self.accelerator.clip_grad_norm_(self.net.parameters(), self._plan.train.clip_norm)
        self.optimizer.step()
        return loss.detach()

    def _descend(self, batch: Item) -> torch.Tensor:
        """Give the loss of a batch, and leave its gradients."""
        pixels = to_input(batch["pixels"], self._plan.input)
        if self._plan.model.channels_last:
            pixels = pixels.contiguous(memory_format=torch.channels_last)
        loss = self._criterion(self._model(pixels)[:, 0], batch["label"], batch["weight"])
        self.optimizer.zero_grad()
        self.accelerator.backward(loss)
        return loss

    def _set_rate(self, done: float) -> None:
        for group in self.optimizer.param_groups:
            # timm's layer-wise rates come as `lr_scale`.
            group["lr"] = self._plan.train.lr * group.get("lr_scale", 1.0) * lr_factor(done, self._plan.train)

    def _mean(self, state: State) -> float:
        """Give the mean loss of an epoch over all processes, and forget its steps."""
        mean = float(self.accelerator.reduce(state.losses.mean(), "mean"))
        state.step, state.losses, state.random = 0, torch.zeros(0), {}
        if not np.isfinite(mean):
            raise DataError(
                f"the loss of epoch {state.epoch + 1} is {mean}; lower `train.lr` or set `train.clip_norm`."
            )
        return mean

    def _agree(self) -> None:
        """Take the norms' statistics of the first process, for each process has counted its own crops."""
        if self._share.count > 1:
            for buffer in self.kept.buffers():
                torch.distributed.broadcast(buffer, 0)

    def _shown(self, epoch: int, done: int) -> Iterator[Item]:
        """Give the batches of an epoch, under a bar on a terminal."""
        total, off = self._batches.count, not (self.accelerator.is_main_process and sys.stderr.isatty())
        batches = on(self.accelerator.device, self._loader)
        yield from tqdm(batches, f"epoch {epoch}", total=total, initial=done, unit="batch", leave=False, disable=off)


def _order(plan: Recipe, rows: Rows, batch: int) -> Callable[[int], Ints]:
    sampling = plan.train.sampling

    def order(epoch: int) -> Ints:
        chosen: Ints = sampling.module.order(rows, sampling, Epoch(plan.seed, epoch, batch))
        return chosen

    return order


def _often(plan: Recipe, rows: Rows, views: int) -> torch.Tensor | None:
    """Give how often an epoch is expected to show every picture; None if the draw balances the classes by itself."""
    sampling = plan.train.sampling
    if sampling.halves:
        return None
    shares = torch.from_numpy(sampling.module.often(rows, sampling).astype(np.float32))
    return shares.repeat_interleave(views)
