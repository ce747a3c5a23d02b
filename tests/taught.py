"""What the tests of the course's worked examples share: their networks are specs.

Networks are specs that `build_model` builds; losses, optimizers and callbacks are those that
`dlgenomics.train.compile` makes of a spec. An input of a spec is (length, 4), so ``x = (x1, x2)``
is one position whose first two channels hold it and whose others are 0: the weights of an unused
channel meet 0 and get no gradient. Weights are float32, so the printed digits are met to 1e-6
unless a test says less; what has no weights (activations, metrics, early stopping) is met in
float64.
"""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from dlgenomics.spec import parse_spec
from dlgenomics.spec.types import Spec

FLOAT32 = 1e-6
"""How near float32 comes to printed digits, after the few steps of these examples."""

EPSILON = 2.0**-52
"""What separates 1 from the next float64."""

LINEAR = "- Flatten\n- Dense: {units: 1}"

NEURON = """
- Flatten
- Dense: {units: 1, activation: %s, use_bias: %s}
"""


def make_spec(layers: str, training: str = "", *, task: str = "regression", length: int = 1,
          columns: int = 1) -> Spec:
    """Return a spec whose network is ``layers`` behind an input x, its last layer being y."""
    names = ", ".join(f"c{i}" for i in range(columns))
    head = (f"spec: 1\nname: taught\ntask: {task}\ndata:\n"
            f"  inputs: {{x: {{kind: dna, length: {length}}}}}\n"
            f"  targets: {{y: {{columns: [{names}]}}}}\nmodel:\n  layers:\n")
    body = textwrap.indent(textwrap.dedent(layers).strip("\n"), "    ")
    return parse_spec(f"{head}{body}\ntraining: {{{training}}}\n")


def make_model(layers: str, training: str = "", **options: Any) -> Any:
    """Return the compiled network of `make_spec`."""
    from dlgenomics.build import build_model
    from dlgenomics.train.compile import compile_model

    spec = make_spec(layers, training, **options)
    model = build_model(spec)
    compile_model(model, spec, batches=1)
    return model


def examples(*rows: tuple[float, ...], length: int = 1) -> np.ndarray:
    """Return examples of shape (length, 4), the values of each in its first channels."""
    x = np.zeros((len(rows), 4 * length), np.float32)
    for i, row in enumerate(rows):
        x[i, :len(row)] = row
    return x.reshape(len(rows), length, 4)


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def dense_kernel(*used: tuple[float, ...]) -> np.ndarray:
    """Return a Dense kernel: the rows of the used channels, then zeros."""
    units = len(used[0])
    return np.array([*used, *[(0.0,) * units] * (4 - len(used))], np.float32)


def gradients(model: Any, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Return the gradient of the compiled loss for each weight."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x))
    return [g.numpy() for g in tape.gradient(loss, model.trainable_weights)]


def output_gradient(model: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient of the compiled loss for the network's output."""
    import tensorflow as tf

    output = model(x)
    with tf.GradientTape() as tape:
        tape.watch(output)
        loss = model.compute_loss(x=x, y=y, y_pred=output)
    found: np.ndarray = tape.gradient(loss, output).numpy()
    return found


def run_steps(model: Any, x: np.ndarray, y: np.ndarray, steps: int, batch: int | None = None) -> None:
    """Take optimizer steps on the same examples in the same order: all at once, or by batch."""
    times = steps * (batch or len(x)) // len(x)
    model.fit(np.tile(x, (times, 1, 1)), np.tile(y, (times, 1)), batch_size=batch or len(x),
              shuffle=False, verbose=0)
