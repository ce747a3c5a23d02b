"""Optimizers and schedules in a spec: what is allowed, and what is said of the rest."""

from __future__ import annotations

import pytest

from dlgenomics.errors import SpecError
from dlgenomics.spec import parse_spec
from dlgenomics.spec.arguments import Reference
from dlgenomics.spec.parse import spec_to_yaml
from tiny import TINY_SPEC


def spec_with(optimizer: str, more: str = "") -> str:
    return TINY_SPEC.replace("Adam: {learning_rate: 0.02}", optimizer) + more


GOOD = [
    "SGD: {learning_rate: 0.1, momentum: 0.9, nesterov: true}",
    "Adam: {learning_rate: {ExponentialDecay: {initial_learning_rate: 1.0e-4, decay_rate: 0.975, "
    "decay_epochs: 1, staircase: true}}}",
    "AdamW: {learning_rate: {CosineDecay: {initial_learning_rate: 0.0, decay_epochs: 20.5, "
    "warmup_target: 0.01, warmup_epochs: 2}}, clipnorm: 1.0, use_ema: true}",
    "SGD: {learning_rate: {CosineDecayRestarts: {initial_learning_rate: 0.1, "
    "first_decay_steps: 100}}}",
    "SGD: {learning_rate: {PolynomialDecay: {initial_learning_rate: 0.1, decay_epochs: 10, "
    "end_learning_rate: 0.0}}}",
    "SGD: {learning_rate: {InverseTimeDecay: {initial_learning_rate: 0.1, decay_steps: 10, "
    "decay_rate: 0.5}}}",
    "SGD: {learning_rate: {PiecewiseConstantDecay: {boundary_epochs: [10, 15], "
    "values: [0.1, 0.01, 0.001]}}}",
    "Adam: {learning_rate: {Warmup: {epochs: 2, then: 0.01}}, gradient_accumulation_steps: 4}",
    "Muon: {learning_rate: {Warmup: {steps: 9, start: 0.001, then: {CosineDecay: "
    "{initial_learning_rate: 0.01, decay_steps: 90}}}}}",
]


@pytest.mark.parametrize("optimizer", GOOD)
def test_it_is_read_and_written_again(optimizer: str) -> None:
    spec = parse_spec(spec_with(optimizer))
    assert isinstance(spec.training.optimizer, Reference)
    assert parse_spec(spec_to_yaml(spec)) == spec


RATE = "SGD: {learning_rate: %s}"
BAD = [
    (RATE % "{ExponentialDecay: {initial_learning_rate: 0.1, decay_rate: 0.9}}",
     "ExponentialDecay needs decay_steps or decay_epochs, one of them. Received: none."),
    (RATE % "{ExponentialDecay: {initial_learning_rate: 0.1, decay_rate: 0.9, decay_steps: 5, "
     "decay_epochs: 1}}",
     "ExponentialDecay needs decay_steps or decay_epochs, one of them. Received: both."),
    (RATE % "{CosineDecay: {initial_learning_rate: 0.1, decay_steps: 10, warmup_steps: 5}}",
     "CosineDecay warms up to its warmup_target. Received: none. Write one, or leave the warm-up "
     "out."),
    (RATE % "{PiecewiseConstantDecay: {boundaries: [5], values: [0.1]}}",
     "PiecewiseConstantDecay needs one value more than boundaries. Received: 1 for 1."),
    (RATE % "{PiecewiseConstantDecay: {boundaries: [9, 5], values: [0.1, 0.2, 0.3]}}",
     "the boundaries of PiecewiseConstantDecay must rise. Received: a list of 2."),
    (RATE % "{PiecewiseConstantDecay: {boundaries: [5], values: 0.1}}",
     "values must be a list of numbers. Received: 0.1."),
    (RATE % "{Warmup: {steps: 5}}", "Warmup needs the argument 'then'. Received: none."),
    (RATE % "{Warmup: {then: 0.1}}", "Warmup needs steps or epochs, one of them. Received: none."),
    (RATE % "{Warmup: {steps: 5, then: {CosineDecy: {}}}}",
     "then must be a schedule that specs may use. Received: 'CosineDecy'. "
     "Did you mean 'CosineDecay'?"),
    (RATE % "-0.1", "learning_rate must be a number of at least 0. Received: -0.1."),
    (RATE % "true", "learning_rate must be a number or a schedule. Received: true."),
    ("SGD: {nesterov: 1}", "nesterov must be true or false. Received: 1."),
    ("Adam: {gradient_accumulation_steps: 1}",
     "gradient_accumulation_steps must be a whole number of at least 2. Received: 1."),
    ("Adam: {decay: 0.1}", "Adam has no argument 'decay'. Write a schedule: learning_rate: "
     "{InverseTimeDecay: {...}}."),
    ("Adam: {loss_scale_factor: 8}", "Adam has no argument 'loss_scale_factor'. "
     "training.precision: mixed_float16 scales the loss."),
    ("LossScaleOptimizer", "optimizer must be an optimizer that specs may use. Received: "
     "'LossScaleOptimizer'. Set training.precision: mixed_float16, which scales the loss."),
]


@pytest.mark.parametrize(("optimizer", "message"), BAD)
def test_what_is_wrong_is_said(optimizer: str, message: str) -> None:
    text = spec_with(optimizer)
    if ":" not in optimizer:
        text = text.replace("{" + optimizer + "}", optimizer)
    with pytest.raises(SpecError) as caught:
        parse_spec(text)
    assert [problem.message for problem in caught.value.problems] == [message]


def test_two_things_may_not_change_the_rate() -> None:
    schedule = RATE % "{InverseTimeDecay: {initial_learning_rate: 1, decay_steps: 9, decay_rate: 1}}"
    with pytest.raises(SpecError, match=r"Received: the schedule InverseTimeDecay\. Leave out one"):
        parse_spec(spec_with(schedule, "    - ReduceLROnPlateau: {patience: 2}\n"))


@pytest.mark.parametrize(("line", "message"), [
    ("precision: float16", "'float32', 'mixed_float16' or 'mixed_bfloat16'"),
    ("reference_batch_size: 0", "at least 1"),
])
def test_precision_and_reference_batch_size(line: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_spec(TINY_SPEC + f"  {line}\n")
