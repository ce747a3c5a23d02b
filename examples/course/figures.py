"""Draws the figures of a course on deep learning with dlgenomics: PNG files.

Usage: python examples/course/figures.py [OUT] [FIGURE ...]     (default: runs/course, all figures)

Every curve comes from a spec that is built or trained here: activations and softmax from layers,
losses from the trainer's losses, learning curves from runs. All figures take about two minutes of
CPU time; activations, losses, softmax and receptive_field take seconds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import matplotlib as mpl
import numpy as np
import tensorflow as tf
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dlgenomics.build import build_model
from dlgenomics.data.tables import write_table
from dlgenomics.simulate import load_motif, simulate, write_simulation
from dlgenomics.spec import parse_spec, summarize
from dlgenomics.spec.types import Spec
from dlgenomics.train.compile import compile_model
from dlgenomics.train.fit import train
from dlgenomics.train.run import RunFolder, read_history_table

# Okabe and Ito's colours, with dashes that tell lines apart in grey print.
LINES = (("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#CC79A7", ":"),
         ("#56B4E9", (0, (8, 2))))
STYLE = {
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": "#dddddd", "axes.axisbelow": True, "legend.frameon": False,
    "lines.linewidth": 1.8, "font.size": 10, "axes.titlesize": 11, "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
}
ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "mish", "softplus")

NUMBERS = """
spec: 1
name: course/numbers
task: {task}
data:
  train: {{table: table.tsv}}
  inputs:
    x: {{kind: numeric, columns: [{columns}], scale: none}}
  targets:
    y: {{columns: [{targets}]}}
  split: {{by: column, column: part}}
model:
  layers:
{layers}
training: {{{training}}}
"""

MOTIF = """
spec: 1
name: course/motif
task: binary_classification
data:
  train: {{fasta: sequences.fa.gz, labels: labels.tsv}}
  inputs:
    dna: {{kind: dna, length: 100}}
  targets:
    bound: {{column: bound}}
  split: {{by: random, test: 0.2, validation: 0.4, stratify: bound}}
model:
  layers:
    - Conv1D: {{filters: {filters}, kernel_size: 16, activation: relu{penalty}}}
    - GlobalMaxPooling1D
    - Dropout: {{rate: {dropout}}}
    - Dense: {{units: 1{penalty}}}
training:
  seed: 1
  optimizer: {{{optimizer}}}
  epochs: {epochs}
  callbacks: []                             # all epochs, to see where they lead
"""

Curves = Mapping[str, list[float]]


def numbers_spec(layers: str, *, task: str = "regression", columns: int = 1, targets: int = 1,
                 training: str = "seed: 1") -> Spec:
    """Return a spec of a network on columns of numbers; ``layers`` are one line each."""
    lines = "\n".join(f"    - {line}" for line in layers.strip().split("\n"))
    return parse_spec(NUMBERS.format(
        task=task, columns=", ".join(f"x{i}" for i in range(columns)),
        targets=", ".join(f"y{i}" for i in range(targets)), layers=lines, training=training))


def activations(out: Path) -> Figure:  # noqa: ARG001 - all figures are drawn alike
    """Draw activation functions and their derivatives, as layers of specs compute them."""
    figure, grid = subplots(3, 3, 9, 7.5, sharex=True, sharey=True)
    x = tf.constant(np.linspace(-4.5, 4.5, 400), tf.float64)
    for axes, name in zip(grid.flat, ACTIVATIONS, strict=True):
        model = build_model(numbers_spec(f"Dense: {{units: 1}}\nActivation: {name}\n"
                                         "Dense: {units: 1}"))
        function = next(layer for layer in model.layers if hasattr(layer, "activation")
                        and type(layer).__name__ == "Activation").activation
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        slope = tape.gradient(y, x).numpy()
        line(axes, 0, x, y, "function")
        line(axes, 1, x, slope, "derivative")
        axes.set_title(f"{name}   (greatest slope {slope.max():.2f})")
        axes.set_ylim(-1.6, 3)
    grid[0, 0].legend(loc="upper left")
    return figure


def losses(out: Path) -> Figure:  # noqa: ARG001
    """Draw what a sigmoid that says p costs under each loss, and how hard it pulls back."""
    figure, (left, right) = subplots(1, 2, 9, 3.8)
    p = np.linspace(0.002, 0.998, 300)
    x = np.log(p / (1 - p)).astype(np.float32)[:, None]
    for index, (loss, task, label) in enumerate([
        ("BinaryCrossentropy", "binary_classification", "cross-entropy, −log p"),
        ("MeanSquaredError", "regression", "squared error, (1 − p)²"),
    ]):
        spec = numbers_spec("Dense: {units: 1, activation: sigmoid, use_bias: false, "
                            "kernel_initializer: ones}", task=task, training=f"loss: {loss}")
        model = build_model(spec)
        compile_model(model, spec, batches=1)
        values, slopes = zip(*[_cost_and_pull(model, one) for one in x[:, :, None]], strict=True)
        line(left, index, p, values, label)
        line(right, index, p, slopes, label)
    left.set(xlabel="p, said of a positive", ylabel="loss", ylim=(0, 6),
             title="What a wrong answer costs")
    right.set(xlabel="p, said of a positive", ylabel="|gradient| before the sigmoid",
              title="Squared error pulls little where p is most wrong")
    left.legend()
    return figure


def _cost_and_pull(model: tf.Module, x: np.ndarray) -> tuple[float, float]:
    """Return the loss of one positive example, and the size of its gradient for the input of σ."""
    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = model.compute_loss(x=given, y=tf.ones((1, 1)), y_pred=model(given))
    return float(loss), abs(float(tape.gradient(loss, given)[0, 0]))


def softmax(out: Path) -> Figure:  # noqa: ARG001
    """Draw the softmax of four examples, as the head of a classification makes it."""
    figure, grid = subplots(1, 4, 9, 3, sharey=True)
    spec = numbers_spec("Dense: {units: 3, use_bias: false, kernel_initializer: Identity}",
                        task="multiclass_classification", columns=3, targets=3)
    model = build_model(spec)
    for axes, z in zip(grid, [(1.47, -.39, .22), (5, 6, 4), (.9, .8, 1.1), (-2, 2, -3)],
                       strict=True):
        p = model(np.array([z], np.float32)).numpy()[0]
        bars = axes.bar([f"{value:g}" for value in z], p, color=[LINES[i][0] for i in range(3)])
        axes.bar_label(bars, [f"{value:.3f}" for value in p])
        axes.set(xlabel="score", ylim=(0, 1.08))
        axes.grid(visible=False, axis="x")
    grid[0].set_ylabel("probability (softmax)")
    return figure


def receptive_field(out: Path) -> Figure:  # noqa: ARG001
    """Draw what one output of each layer sees of the input, as ``dlg show`` counts it."""
    spec = parse_spec("""
spec: 1
name: course/field
task: binary_classification
data:
  train: {fasta: sequences.fa.gz, labels: labels.tsv}
  inputs: {dna: {kind: dna, length: 200}}
  targets: {bound: {column: bound}}
model:
  layers:
    - Conv1D: {filters: 15, kernel_size: 10, activation: relu}
    - Conv1D: {filters: 15, kernel_size: 10, activation: relu}
    - MaxPooling1D: {pool_size: 4}
    - Conv1D: {filters: 15, kernel_size: 10, dilation_rate: 2, activation: relu}
    - GlobalAveragePooling1D
    - Dense: {units: 1}
""")
    layers = summarize(spec).layers
    figure, axes = subplots(1, 1, 9, 3.6)
    for row, layer in enumerate(layers):
        width = layer.receptive_field or 200
        axes.barh(row, width, left=100 - width / 2, height=0.6, color=LINES[row % 5][0])
        label = f"{width} bp" if row else "1 bp: a letter"
        axes.text(100 + width / 2 + 1, row, label, va="center")
    axes.set_yticks(range(len(layers)), [f"{layer.kind}  {_shape(layer.shape)}"
                                         for layer in layers])
    axes.set(xlabel="position in the sequence (bp)", xlim=(0, 225),
             title="What one output position sees of the input")
    axes.grid(visible=False, axis="y")
    return figure


def _shape(shape: tuple[int | None, ...]) -> str:
    return " × ".join(map(str, shape))


def early_stopping(out: Path) -> Figure:
    """Draw the course's early stopping: a polynomial of degree 90 on 50 points."""
    curves = _polynomial(out / "early_stopping")
    kept = int(np.argmin(curves["val_loss"]))
    epochs = np.arange(1, len(curves["loss"]) + 1)
    figure, axes = subplots(1, 1, 7, 4)
    line(axes, 1, epochs, np.sqrt(curves["val_loss"]), "validation")
    line(axes, 0, epochs, np.sqrt(curves["loss"]), "training")
    best = curves["val_loss"][kept] ** 0.5
    axes.plot(kept + 1, best, "o", color="#222222")
    axes.annotate(f"best: epoch {kept + 1}", (kept + 1, best), (kept + 1, best + 0.6),
                  ha="center", arrowprops={"arrowstyle": "-"})
    axes.set(xlabel="epoch", ylabel="RMSE", ylim=(0, 3.5),
             title="Early stopping keeps the weights of the best epoch")
    axes.legend()
    return figure


def _polynomial(folder: Path) -> Curves:
    """Train a polynomial of degree 90 on a noisy parabola: 50 points to fit, 50 to validate."""
    rng = np.random.RandomState(42)  # the course's own points
    x = 6 * rng.rand(100, 1) - 3
    y = (0.5 * x**2 + x + 2 + rng.randn(100, 1))[:, 0]
    powers = x ** np.arange(1, 91)
    powers = (powers - powers[:50].mean(axis=0)) / powers[:50].std(axis=0)
    folder.mkdir(parents=True, exist_ok=True)
    columns = [f"x{i}" for i in range(90)]
    write_table(folder / "table.tsv", ["name", *columns, "y0", "part"], [
        (f"p{i}", *map(repr, map(float, powers[i])), y[i], "train" if i < 50 else "validation")
        for i in range(100)])
    spec = numbers_spec("Dense: {units: 1, kernel_initializer: zeros}", columns=90, training=(
        "seed: 1, batch_size: 10, epochs: 500, metrics: [mse], callbacks: [], "
        "optimizer: {SGD: {learning_rate: 0.001}}"))
    return _run(spec, folder)


def learning_rates(out: Path) -> Figure:
    """Draw training losses for learning rates from too small to too large."""
    folder = _sequences(out / "sequences-2000", 2000)
    figure, axes = subplots(1, 1, 8.5, 4)
    for index, rate in enumerate([0.0001, 0.001, 0.01, 0.1, 1.0]):
        spec = motif_spec(optimizer=f"Adam: {{learning_rate: {rate}}}")
        losses = _run(spec, folder, f"rate-{rate}")["data_loss"]
        above = f" (above, at {min(losses):.1f})" if min(losses) > 1 else ""
        line(axes, index, np.arange(1, len(losses) + 1), losses, f"{rate:g}{above}")
    axes.set(xlabel="epoch", ylabel="training loss", ylim=(0, 1), xticks=range(0, 21, 5),
             title="The learning rate: too small crawls, too large gets nowhere")
    axes.legend(title="learning rate", loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def regularisation(out: Path) -> Figure:
    """Draw how a penalty, dropout, and more data change the gap to the validation loss."""
    plain = {"filters": 32, "epochs": 40, "optimizer": "Adam: {learning_rate: 0.02}"}
    penalty = ", kernel_regularizer: {L2: {l2: 0.02}}"
    cases = {
        "none": (600, motif_spec(**plain)),
        "L2 penalty 0.02": (600, motif_spec(**plain, penalty=penalty)),
        "dropout 0.5": (600, motif_spec(**plain, dropout=0.5)),
        "10 times the data": (6000, motif_spec(**plain)),
    }
    figure, grid = subplots(1, 4, 11, 3.4, sharey=True)
    for axes, (name, (count, spec)) in zip(grid, cases.items(), strict=True):
        curves = _run(spec, _sequences(out / f"sequences-{count}", count), name)
        epochs = np.arange(1, len(curves["data_loss"]) + 1)
        line(axes, 0, epochs, curves["data_loss"], "training")
        line(axes, 1, epochs, curves["val_data_loss"], "validation")
        best = min(curves["val_data_loss"])
        axes.set(xlabel="epoch", title=f"{name}\nbest validation loss {best:.2f}", ylim=(0, 1.0))
    grid[0].set_ylabel("loss on data, without penalty")
    grid[0].legend()
    return figure


def motif_spec(*, filters: int = 16, dropout: float = 0, penalty: str = "", epochs: int = 20,
               optimizer: str = "Adam: {learning_rate: 0.003}") -> Spec:
    """Return a spec of a small network that looks for a motif."""
    return parse_spec(MOTIF.format(filters=filters, dropout=dropout, penalty=penalty,
                                   epochs=epochs, optimizer=optimizer))


def _sequences(folder: Path, count: int) -> Path:
    if not (folder / "labels.tsv").is_file():
        write_simulation(simulate("single-motif", load_motif("TAL1"), count=count, length=100),
                         folder)
    return folder


def _run(spec: Spec, folder: Path, name: str = "run") -> Curves:
    """Train and return the history."""
    run = folder / "runs" / name.replace(" ", "-")
    train(spec, folder, run, replace=True)
    return read_history_table(RunFolder(run))


def subplots(rows: int, columns: int, width: float, height: float,
             **options: bool) -> tuple[Figure, np.ndarray | Axes]:
    """Return a figure of that size in inches, and its axes."""
    figure = Figure(figsize=(width, height))
    return figure, figure.subplots(rows, columns, **options)


def line(axes: Axes, index: int, x: np.ndarray, y: np.ndarray, label: str) -> None:
    """Draw a line in a colour and dashes of its own."""
    colour, dashes = LINES[index]
    axes.plot(x, y, color=colour, linestyle=dashes, label=label)


FIGURES: dict[str, Callable[[Path], Figure]] = {
    function.__name__: function
    for function in (activations, losses, softmax, receptive_field, early_stopping,
                     learning_rates, regularisation)
}


def main() -> None:
    """Draw the figures that are asked for."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "runs/course")
    wanted = sys.argv[2:] or list(FIGURES)
    unknown = sorted(set(wanted) - set(FIGURES))
    if unknown:
        sys.exit(f"a figure must be one of {', '.join(FIGURES)}. Received: {', '.join(unknown)}.")
    out.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        for name in wanted:
            FIGURES[name](out).savefig(out / f"{name}.png", dpi=110)
            print(out / f"{name}.png")


if __name__ == "__main__":
    main()
