"""Measures the network after each epoch, on whole arrays."""

from __future__ import annotations

import keras
import numpy as np

from dlgenomics.build import assemble_model
from dlgenomics.data.examples import Examples
from dlgenomics.data.split import Rows
from dlgenomics.spec.types import Spec
from dlgenomics.train.evaluate import Answers, answer, data_losses, target_metrics


class Measure(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds to the logs of each epoch, for all callbacks behind it.

    - ``val_loss`` = ``val_data_loss`` + ``penalty``, and ``val_METRIC`` on the validation set;
    - ``data_loss`` and ``METRIC`` on a sample of the training set of the same size, both as they
      are: without dropout and augmentation, so that they can be compared;
    - ``penalty``: what regularizers add to the loss.

    With several targets, metrics and losses are also logged by target: ``val_TARGET_METRIC``.
    Keras's own ``loss`` is the mean over the epoch's batches, with dropout, augmentation, class
    weights and penalty. What is trained in half precision or on several devices is measured as it
    will predict: in float32, on one.
    """

    def __init__(self, spec: Spec, examples: Examples) -> None:
        super().__init__()
        self.spec = spec
        self.examples = examples
        self.sample = _sample(spec, examples)
        self.twin: keras.Model | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Make the network that is measured, if it is not the one that is trained."""
        shared = self.model.distribute_strategy.num_replicas_in_sync > 1
        if shared or self.spec.training.precision != "float32":
            self.twin = assemble_model(self.spec)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Measure."""
        assert logs is not None  # noqa: S101 - Keras hands over the epoch's logs
        if self.twin is not None:
            self.twin.set_weights(self.model.get_weights())
        penalty = float(sum(self.model.losses)) if self.model.losses else 0.0
        logs["penalty"] = penalty
        logs.update(self._measured(self.sample))
        held_out = self._measured(self.examples.parts.validation)
        logs["val_loss"] = held_out["data_loss"] + penalty
        logs.update({f"val_{name}": value for name, value in held_out.items()})

    def _measured(self, rows: Rows) -> dict[str, float]:
        answers = answer(self.twin or self.model, self.spec, self.examples, rows)
        return named_values(self.spec, answers)


def named_values(spec: Spec, answers: Answers) -> dict[str, float]:
    """Return losses and metrics under the names by which an epoch's log has them."""
    losses = data_losses(spec, answers)
    shares = spec.training.loss_weights
    found = {"data_loss": sum(shares.get(k, 1.0) * v for k, v in losses.items())}
    several = len(losses) > 1
    for target, loss in losses.items():
        if several:
            found[f"{target}_loss"] = loss
        for metric, value in target_metrics(spec, answers, target).items():
            found[f"{target}_{metric}" if several else metric] = value
    return found


def _sample(spec: Spec, examples: Examples) -> Rows:
    """Return as many training rows as there are for validation, at most; always the same."""
    train = examples.parts.train
    count = min(len(train), len(examples.parts.validation))
    rng = np.random.default_rng([spec.training.seed, 4])
    return np.sort(rng.permutation(train)[:count])
