"""The worked examples of the course, computed by us: same inputs, same digits.

Networks are specs that `build_model` builds; losses, optimizers and callbacks are those that
`dlgenomics.train.compile` makes of a spec. An input of a spec is (length, 4), so ``x = (x1, x2)``
is one position whose first two channels hold it and whose others are 0: the weights of an unused
channel meet 0 and get no gradient. Weights are float32, so the printed digits are met to 1e-6
unless a test says less; what has no weights (activations, metrics, early stopping) is met in
float64.

The course's error is (y - ŷ)²/2 and Keras's is (y - ŷ)², so a gradient here is twice the course's
and its rate half the course's.

Where the course's digits are not what comes out:

- The largest derivatives on the grid, .24996804329213695 (sigmoid) and .9994888235456689 (tanh),
  are central differences over 1e-6, which are good to 5e-11. The derivatives are
  .24996804330333148 and .9994888235457433.
- tanh(x) = 2σ(2x) - 1 holds to 3.4e-16 with numpy's functions, to 4.5e-16 with TensorFlow's: two
  units in the last place.
- The two training errors of the early-stopping example, .9003558 and .8313702, are those of epochs
  249 (the best) and 499 (the last); after the first epoch the training error is 4.0020584.

Not here, for nothing of ours computes it: eigenvalues of [[2, 3], [2, 1]] and the gradient of
3x² + y².
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import SGDRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from dlgenomics.spec import parse_spec, summarize
from dlgenomics.spec.types import Spec
from dlgenomics.train.metrics import measure

FLOAT32 = 1e-6
"""How near float32 comes to printed digits, after the few steps of these examples."""

EPSILON = 2.0**-52
"""What separates 1 from the next float64."""


@pytest.fixture(scope="module", autouse=True)
def _keras() -> None:
    """Import Keras before the first test, whose time is then its own."""
    import dlgenomics.build
    import dlgenomics.train.compile  # noqa: F401


def _spec(layers: str, training: str = "", *, task: str = "regression", length: int = 1,
          columns: int = 1) -> Spec:
    """Return a spec whose network is ``layers`` behind an input x, its last layer being y."""
    names = ", ".join(f"c{i}" for i in range(columns))
    head = (f"spec: 1\nname: taught\ntask: {task}\ndata:\n"
            f"  inputs: {{x: {{kind: dna, length: {length}}}}}\n"
            f"  targets: {{y: {{columns: [{names}]}}}}\nmodel:\n  layers:\n")
    body = textwrap.indent(textwrap.dedent(layers).strip("\n"), "    ")
    return parse_spec(f"{head}{body}\ntraining: {{{training}}}\n")


def _model(layers: str, training: str = "", **options: Any) -> Any:
    """Return the compiled network of `_spec`."""
    from dlgenomics.build import build_model
    from dlgenomics.train.compile import compile_model

    spec = _spec(layers, training, **options)
    model = build_model(spec)
    compile_model(model, spec, batches=1)
    return model


def _rows(*rows: tuple[float, ...], length: int = 1) -> np.ndarray:
    """Return examples of shape (length, 4), the values of each in its first channels."""
    x = np.zeros((len(rows), 4 * length), np.float32)
    for i, row in enumerate(rows):
        x[i, :len(row)] = row
    return x.reshape(len(rows), length, 4)


def _column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def _kernel(*used: tuple[float, ...]) -> np.ndarray:
    """Return a Dense kernel: the rows of the used channels, then zeros."""
    units = len(used[0])
    return np.array([*used, *[(0.0,) * units] * (4 - len(used))], np.float32)


def _gradients(model: Any, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Return the gradient of the compiled loss for each weight."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = model.compute_loss(x=x, y=y, y_pred=model(x))
    return [g.numpy() for g in tape.gradient(loss, model.trainable_weights)]


def _output_gradient(model: Any, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the gradient of the compiled loss for the network's output."""
    import tensorflow as tf

    output = model(x)
    with tf.GradientTape() as tape:
        tape.watch(output)
        loss = model.compute_loss(x=x, y=y, y_pred=output)
    found: np.ndarray = tape.gradient(loss, output).numpy()
    return found


def _run(model: Any, x: np.ndarray, y: np.ndarray, steps: int, batch: int | None = None) -> None:
    """Take optimizer steps on the same examples in the same order: all at once, or by batch."""
    times = steps * (batch or len(x)) // len(x)
    model.fit(np.tile(x, (times, 1, 1)), np.tile(y, (times, 1)), batch_size=batch or len(x),
              shuffle=False, verbose=0)


# One neuron

NEURON = """
- Flatten
- Dense: {units: 1, activation: %s, use_bias: %s}
"""
NEURON_X = _rows((0.50, 0.51))
NEURON_Y = _column(0.10)


def _neuron(activation: str = "sigmoid", *, bias: bool = False) -> Any:
    model = _model(NEURON % (activation, str(bias).lower()),
                   "loss: mean_squared_error, optimizer: {SGD: {learning_rate: 0.5}}")
    kernel = _kernel((0.35,), (0.40,))
    model.set_weights([kernel, np.zeros(1)] if bias else [kernel])
    return model


def test_one_neuron_forwards_and_backwards() -> None:
    assert _neuron("linear")(NEURON_X).numpy().item() == pytest.approx(0.379, abs=FLOAT32)
    # The gradient for a bias of 0 is delta, the gradient for z.
    model = _neuron(bias=True)
    assert model(NEURON_X).numpy().item() == pytest.approx(0.5936318924705234, abs=FLOAT32)
    loss = model.evaluate(NEURON_X, NEURON_Y, verbose=0, return_dict=True)["loss"]
    assert loss / 2 == pytest.approx(0.1218362226320152, abs=FLOAT32)
    error = _output_gradient(model, NEURON_X, NEURON_Y).item() / 2
    kernel, delta = (g.squeeze() / 2 for g in _gradients(model, NEURON_X, NEURON_Y))
    assert error == pytest.approx(0.4936318924705234, abs=FLOAT32)
    assert delta == pytest.approx(0.11908033623496807, abs=FLOAT32)
    assert delta / error == pytest.approx(0.24123306871238834, abs=FLOAT32)
    assert kernel == pytest.approx([0.059540168117484034, 0.060730971479833716, 0, 0], abs=FLOAT32)


def test_one_neuron_takes_two_steps() -> None:
    model = _neuron()
    model.train_on_batch(NEURON_X, NEURON_Y)
    assert model.get_weights()[0][:, 0] == pytest.approx(
        [0.29045983188251595, 0.3392690285201663, 0, 0], abs=FLOAT32)
    assert model(NEURON_X).numpy().item() == pytest.approx(0.5788994404318023, abs=FLOAT32)
    loss = model.evaluate(NEURON_X, NEURON_Y, verbose=0, return_dict=True)["loss"]
    assert loss / 2 == pytest.approx(0.11467233702294669, abs=FLOAT32)
    assert 0.1218362226320152 - loss / 2 == pytest.approx(0.00716, abs=5e-6)
    between = _neuron("linear")
    between.set_weights(model.get_weights())
    assert between(NEURON_X).numpy().item() == pytest.approx(0.3182571204865428, abs=FLOAT32)
    model.train_on_batch(NEURON_X, NEURON_Y)
    assert model.get_weights()[0][:, 0] == pytest.approx(
        [0.23208800547802372, 0.2797297655875842, 0, 0], abs=FLOAT32)


# Heads, losses, metrics

SOFTMAX = """
- Flatten
- Dense: {units: 3, use_bias: false, kernel_initializer: Identity}
"""


@pytest.mark.parametrize(("z", "p"), [
    ((1.47, -0.39, 0.22), (0.693396, 0.107943, 0.198661)),
    ((5, 6, 4), (0.244728, 0.665241, 0.090031)),
    ((0.9, 0.8, 1.1), (0.319873, 0.289433, 0.390694)),
    ((-2, 2, -3), (0.017868, 0.975559, 0.006573)),
])
def test_the_head_of_classes_is_softmax(z: tuple[float, ...], p: tuple[float, ...]) -> None:
    found = _model(SOFTMAX, task="multiclass_classification", columns=3)(_rows(z)).numpy()[0]
    assert found == pytest.approx(p, abs=5e-7 + 1e-7)  # six printed digits, and float32
    assert found.sum() == pytest.approx(1, abs=FLOAT32)


def test_softmax_rounded_to_two_digits_does_not_add_to_one() -> None:
    model = _model(SOFTMAX, task="multiclass_classification", columns=3)
    found = model(_rows((-2, 2, -3))).numpy()[0].astype(float)
    assert np.round(found, 2).sum() == pytest.approx(1.01)


def test_cross_entropy_is_minus_the_logarithm_of_the_true_class() -> None:
    # softmax(log p) = p, so that the head gives the table's probabilities.
    model = _model(SOFTMAX, task="multiclass_classification", columns=3)
    x = _rows(*[tuple(np.log([0.7, 0.22, 0.08]))] * 3)
    y = np.eye(3, dtype=np.float32)
    each = [model.evaluate(x[i:i + 1], y[i:i + 1], verbose=0, return_dict=True)["loss"]
            for i in range(3)]
    assert each == pytest.approx(
        [0.35667494393873245, 1.5141277326297755, 2.5257286443082556], abs=FLOAT32)
    together = model.evaluate(x, y, verbose=0, return_dict=True)["loss"]
    assert together == pytest.approx(1.4655104402922545, abs=FLOAT32)


TRUTH = np.array([1.0, 0, 1])
SCORE = np.array([0.1, 0.8, 0.6])


def test_squared_and_absolute_error_as_metrics() -> None:
    assert measure("mse", TRUTH[:, None], SCORE[:, None]) == pytest.approx(
        0.5366666666666667, abs=EPSILON)
    assert measure("mae", TRUTH[:, None], SCORE[:, None]) == pytest.approx(0.7, abs=EPSILON)


@pytest.mark.parametrize(("task", "loss", "expected"), [
    ("regression", "mean_squared_error", 0.5366666666666667),
    ("regression", "mean_absolute_error", 0.7),
    ("binary_classification", "binary_crossentropy", 1.4742828763980456),
])
def test_the_same_scores_under_each_loss(task: str, loss: str, expected: float) -> None:
    model = _model(NEURON % ("sigmoid", "false"), f"loss: {loss}", task=task)
    model.set_weights([_kernel((1.0,))])
    x = _rows(*[(float(np.log(s / (1 - s))),) for s in SCORE])
    found = model.evaluate(x, TRUTH[:, None], verbose=0, return_dict=True)["loss"]
    assert found == pytest.approx(expected, abs=FLOAT32)


# Activations

def _activation(name: str) -> Any:
    """Return what a spec's layer computes under the name of an activation."""
    return _model(NEURON % (name, "false")).get_layer("y").activation


def _derivative(name: str, at: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    x = tf.constant(at, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = _activation(name)(x)
    found: np.ndarray = tape.gradient(y, x).numpy()
    return found


@dataclass(frozen=True)
class Slope:
    """The largest derivative of an activation: at 0; on the grid as printed, and as it is."""

    name: str
    at_zero: float
    printed: float
    exact: float


@pytest.mark.parametrize("slope", [
    Slope("sigmoid", 0.25, 0.24996804329213695, 0.24996804330333148),
    Slope("tanh", 1.0, 0.9994888235456689, 0.9994888235457433),
], ids=lambda slope: slope.name)
def test_largest_derivative(slope: Slope) -> None:
    grid = np.linspace(-4.5, 4.5, 200)
    assert 0 not in grid
    found = _derivative(slope.name, grid).max()
    assert found == pytest.approx(slope.exact, abs=2 * EPSILON)
    assert found == pytest.approx(slope.printed, abs=5e-11)
    assert _derivative(slope.name, np.zeros(1)).item() == slope.at_zero
    assert _derivative(slope.name, np.append(grid, 0)).argmax() == len(grid)


def test_tanh_and_sigmoid_are_each_other_rescaled() -> None:
    import tensorflow as tf

    x = tf.constant(np.linspace(-4.5, 4.5, 200), tf.float64)
    tanh, sigmoid = _activation("tanh"), _activation("sigmoid")
    assert np.abs(tanh(x) - (2 * sigmoid(2 * x) - 1)).max() <= 2 * EPSILON
    assert np.abs(sigmoid(x) - (1 + tanh(x / 2)) / 2).max() <= 2 * EPSILON


@pytest.mark.parametrize(("depth", "expected"), [
    (5, 9.765625e-4), (10, 9.5367431640625e-07), (20, 9.094947017729282e-13),
])
def test_a_gradient_through_sigmoids_vanishes_by_a_quarter_each(
    depth: int, expected: float
) -> None:
    import tensorflow as tf

    # Every neuron gets .5 and takes .5 away, so that each stands where sigmoid is steepest.
    layer = ("- Dense: {units: 1, activation: sigmoid, kernel_initializer: Ones, "
             "bias_initializer: {Constant: {value: -0.5}}}\n")
    model = _model("- Flatten\n" + layer * depth)
    x = tf.constant(_rows((0.5,)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x)
    assert y.numpy().item() == 0.5
    assert tape.gradient(y, x).numpy()[0, 0, 0] == expected  # powers of two: exact


# XOR

XOR_X = _rows((0, 0), (0, 1), (1, 0), (1, 1))
XOR_Y = _column(0, 1, 1, 0)
LINEAR = "- Flatten\n- Dense: {units: 1}"
HIDDEN = "- Flatten\n- Dense: {units: 8, activation: %s%s}\n- Dense: {units: 1%s}"


def _correct(model: Any) -> int:
    return int(4 * measure("accuracy", XOR_Y, model(XOR_X).numpy()))


def test_xor_by_the_textbook_weights() -> None:
    model = _model("- Flatten\n- Dense: {units: 2, activation: relu}\n- Dense: {units: 1}")
    model.set_weights([_kernel((1, 1), (1, 1)), np.array([0, -1]), np.array([[1], [-2]]),
                       np.zeros(1)])
    assert model(XOR_X).numpy()[:, 0].tolist() == [0, 1, 1, 0]


def test_the_best_linear_model_of_xor_is_one_half() -> None:
    model = _model(LINEAR)
    model.set_weights([np.zeros((4, 1)), np.array([0.5])])
    # The loss is convex, so that no gradient means no better weights.
    assert not any(g.any() for g in _gradients(model, XOR_X, XOR_Y))
    assert measure("mse", XOR_Y, model(XOR_X).numpy()) == 0.25


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_xor_is_not_learnt_without_a_hidden_layer(seed: int) -> None:
    linear = _model(LINEAR, f"seed: {seed}, optimizer: {{SGD: {{learning_rate: 0.3}}}}")
    assert measure("mse", XOR_Y, linear(XOR_X).numpy()) > 0.26
    _run(linear, XOR_X, XOR_Y, 400)
    assert linear(XOR_X).numpy()[:, 0] == pytest.approx([0.5] * 4, abs=1e-4)
    assert measure("mse", XOR_Y, linear(XOR_X).numpy()) == pytest.approx(0.25, abs=1e-6)


XOR_TRAINING = "seed: %d, metrics: [accuracy], optimizer: {Adam: {learning_rate: 0.05}}"
BINARY = {"task": "binary_classification"}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_xor_is_learnt_with_a_hidden_layer(seed: int) -> None:
    model = _model(HIDDEN % ("relu", "", ""), XOR_TRAINING % seed, **BINARY)
    assert _correct(model) < 4
    _run(model, XOR_X, XOR_Y, 200)
    assert _correct(model) == 4


# Zero initialisation

ZEROS = ", kernel_initializer: zeros"


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_zero_initialisation_does_not_learn_and_the_default_does(activation: str) -> None:
    zero = _model(HIDDEN % (activation, ZEROS, ZEROS), XOR_TRAINING % 1, **BINARY)
    auto = _model(HIDDEN % (activation, "", ""), XOR_TRAINING % 1, **BINARY)
    for model in (zero, auto):
        _run(model, XOR_X, XOR_Y, 400)
    hidden = zero.get_weights()[0]
    assert (hidden == hidden[:, :1]).all()
    assert _correct(zero) == 2
    assert measure("auroc", XOR_Y, zero(XOR_X).numpy()) == 0.5
    assert _correct(auto) == 4


def test_hidden_units_that_start_alike_stay_alike_though_they_move() -> None:
    # One example a step: the steps do not cancel, so the weights leave zero, all the same way.
    model = _model(HIDDEN % ("sigmoid", ZEROS, ZEROS), XOR_TRAINING % 1, **BINARY)
    _run(model, XOR_X, XOR_Y, 400, batch=1)
    hidden, bias, output, _ = model.get_weights()
    assert np.abs(hidden[:2]).min() > 0.01
    assert (hidden == hidden[:, :1]).all()
    assert (bias == bias[0]).all()
    assert (output == output[0]).all()
    assert _correct(model) < 4  # eight equal units are one unit, which XOR is too much for


# Slow learning

@dataclass(frozen=True)
class Slow:
    """A sigmoid neuron with x = 1, y = 0: where it begins, its gradients, where 300 steps lead."""

    start: tuple[float, float]
    output: float
    quadratic_gradient: float
    quadratic_end: float
    entropy_end: float


SLOW = [
    Slow((0.6, 0.9), 0.8175744761936437, 0.12193833242754278, 0.09395569486364724,
         0.011638208968903711),
    Slow((2, 2), 0.9820137900379085, 0.017345021070840114, 0.2028484242677765,
         0.012008741510817504),
]
SLOW_X = _rows((1.0,))
SLOW_Y = _column(0.0)


def _slow(case: Slow, *, squared: bool) -> Any:
    # The rate is .15; half of it for Keras's squared error, whose gradient is twice the course's.
    loss, rate, task = (("mean_squared_error", 0.075, "regression") if squared else
                        ("binary_crossentropy", 0.15, "binary_classification"))
    model = _model(NEURON % ("sigmoid", "true"),
                   f"loss: {loss}, optimizer: {{SGD: {{learning_rate: {rate}}}}}, "
                   f"metrics: [{'mse' if squared else 'accuracy'}]", task=task)
    model.set_weights([_kernel((case.start[0],)), np.array(case.start[1:])])
    return model


@pytest.mark.parametrize("case", SLOW, ids=lambda case: str(case.start))
def test_squared_error_of_a_sigmoid_has_the_smaller_gradient(case: Slow) -> None:
    squared, entropy = _slow(case, squared=True), _slow(case, squared=False)
    assert squared(SLOW_X).numpy().item() == pytest.approx(case.output, abs=FLOAT32)
    slow, fast = (_gradients(model, SLOW_X, SLOW_Y)[1].item() for model in (squared, entropy))
    assert slow / 2 == pytest.approx(case.quadratic_gradient, abs=FLOAT32)
    assert fast == pytest.approx(case.output, abs=FLOAT32)
    if case.start == (2, 2):
        assert fast / (slow / 2) == pytest.approx(56.616465672033, rel=1e-5)


@pytest.mark.parametrize("case", SLOW, ids=lambda case: str(case.start))
def test_squared_error_of_a_sigmoid_learns_slowly(case: Slow) -> None:
    squared, entropy = _slow(case, squared=True), _slow(case, squared=False)
    for model in (squared, entropy):
        _run(model, SLOW_X, SLOW_Y, 300)
    assert squared(SLOW_X).numpy().item() == pytest.approx(case.quadratic_end, abs=FLOAT32)
    assert entropy(SLOW_X).numpy().item() == pytest.approx(case.entropy_end, abs=FLOAT32)


# Early stopping

LENGTH = 23
"""Positions whose 4 channels hold the 90 powers, and two zeros."""


@dataclass(frozen=True)
class Curve:
    """scikit-learn's 500 epochs: errors of training and validation, and the weights after each."""

    x: np.ndarray
    y: np.ndarray
    train: list[float]
    validation: list[float]
    weights: list[list[np.ndarray]]


@pytest.fixture(scope="module")
def curve() -> Curve:
    np.random.seed(42)  # the course's own recipe
    x = 6 * np.random.rand(100, 1) - 3
    y = (0.5 * x**2 + x + 2 + np.random.randn(100, 1))[:, 0]
    powers = make_pipeline(PolynomialFeatures(90, include_bias=False), StandardScaler())
    train, validation = powers.fit_transform(x[:50]), powers.transform(x[50:])
    linear = SGDRegressor(penalty=None, eta0=0.002, random_state=42)
    errors: tuple[list[float], list[float]] = ([], [])
    weights = []
    for _ in range(500):
        linear.partial_fit(train, y[:50])
        for error, rows, truth in zip(errors, (train, validation), (y[:50], y[50:]), strict=True):
            error.append(measure("mse", truth[:, None], linear.predict(rows)[:, None]) ** 0.5)
        weights.append([np.append(linear.coef_, [0, 0])[:, None], linear.intercept_.copy()])
    return Curve(_rows(*validation, length=LENGTH), y[50:, None], *errors, weights)


def _replay(curve: Curve, callback: Any) -> Any:
    """Let a callback see the curve as training would show it; return the network it leaves."""
    model = _model(LINEAR, length=LENGTH)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, error in enumerate(curve.validation):
        model.set_weights(curve.weights[epoch])
        callback.on_epoch_end(epoch, {"loss": curve.train[epoch], "val_loss": error})
        if model.stop_training:
            break
    callback.on_train_end()
    return model


def test_the_early_stopping_curve(curve: Curve) -> None:
    assert int(np.argmin(curve.validation)) == 249
    assert curve.validation[249] == pytest.approx(1.4099344710854789, rel=1e-9)
    assert curve.validation[-1] == pytest.approx(2.71659087474946, rel=1e-9)
    assert curve.train[249] == pytest.approx(0.9003558098557813, rel=1e-9)
    assert curve.train[-1] == pytest.approx(0.8313702902460323, rel=1e-9)
    assert curve.train[0] == pytest.approx(4.0020584, rel=1e-7)


@pytest.mark.parametrize(("patience", "stop"), [(5, 254), (10, 259), (20, 269), (251, 0)])
def test_early_stopping_stops_and_gives_back_the_best_epoch(
    curve: Curve, patience: int, stop: int
) -> None:
    from dlgenomics.train.compile import make_callback

    # Epochs count from 0. With a patience of 251 all 500 pass, and the best is given back too.
    spec = _spec(LINEAR, length=LENGTH, training=(
        f"callbacks: [EarlyStopping: {{monitor: val_loss, patience: {patience}}}]"))
    callback = make_callback(spec.training.callbacks[0])
    model = _replay(curve, callback)
    assert callback.stopped_epoch == stop
    assert callback.best_epoch == 249
    kept = model.get_weights()
    assert all(np.array_equal(a, b.astype(np.float32))
               for a, b in zip(kept, curve.weights[249], strict=True))
    again = measure("mse", curve.y, model(curve.x).numpy()) ** 0.5
    assert again == pytest.approx(1.4099344710854789, rel=1e-5)  # float32


# Steps, penalties, initial weights

CONSTANT_PULL = "- Flatten\n- Dense: {units: 1, use_bias: false, kernel_initializer: zeros}"


def _steps(optimizer: str, gradient: float, count: int) -> list[float]:
    """Return how far each step moves a weight whose gradient is always the same."""
    # The absolute error of a linear neuron far above its target pulls by the input.
    model = _model(CONSTANT_PULL,
                   f"loss: mean_absolute_error, optimizer: {{SGD: {{{optimizer}}}}}")
    x, y = _rows((gradient,)), _column(-1000)
    weights = [0.0]
    for _ in range(count):
        model.train_on_batch(x, y)
        weights.append(float(model.get_weights()[0][0, 0]))
    return np.diff(weights).tolist()


def test_momentum_gathers_speed_up_to_ten_times() -> None:
    steps = _steps("learning_rate: 0.01, momentum: 0.9", 1, 200)
    assert steps[:3] == pytest.approx([-0.01, -0.019, -0.0271], abs=1e-8)
    assert steps[-1] == pytest.approx(-0.1, abs=2e-6)  # float32 near -19


def test_a_small_gradient_needs_seventy_thousand_steps() -> None:
    (step,) = _steps("learning_rate: 1.0", 0.00001, 1)
    assert round((-0.2 - 0.5) / step) == 70_000


@pytest.mark.parametrize(("l1", "l2", "expected"), [(1, 0, 7), (0, 1, 25), (0.5, 0.5, 16)])
def test_elastic_net_penalty(l1: float, l2: float, expected: float) -> None:
    # a |w|₁ + (1 - a) |w|₂² with a = .5 is Keras's L1L2 with l1 = a and l2 = 1 - a.
    model = _model("- Flatten\n- Dense: {units: 1, use_bias: false, "
                   f"kernel_regularizer: {{L1L2: {{l1: {l1}, l2: {l2}}}}}}}")
    model.set_weights([_kernel((3,), (-4,))])
    assert [loss.numpy() for loss in model.losses] == [expected]
    # On data that the network fits exactly, the loss is the penalty.
    fitted = model.evaluate(_rows((0, 0)), _column(0), verbose=0, return_dict=True)
    assert fitted["loss"] == expected


def _first_kernel(activation: str, initializer: str = "") -> np.ndarray:
    """Return the kernel of 15 filters of width 10 on DNA: fan in 40, fan out 150."""
    model = _model(f"- Conv1D: {{filters: 15, kernel_size: 10, activation: {activation}"
                   f"{initializer}}}\n- GlobalMaxPooling1D\n- Dense: {{units: 1}}", length=20)
    kernel: np.ndarray = model.layers[1].kernel.numpy().astype(np.float64)
    assert kernel.shape == (10, 4, 15)
    return kernel


# Of a normal distribution cut at two standard deviations, which Keras's initializers divide by.
CUT_NORMAL = 0.87962566103423978


@pytest.mark.parametrize(("activation", "standard", "expected"), [
    ("relu", "{TruncatedNormal: {stddev: 1}}", 0.22360679774997896 / CUT_NORMAL),
    ("tanh", "{RandomUniform: {minval: -1, maxval: 1}}", 0.17770466332772772),
])
def test_the_initializer_chosen_has_the_scale_of_he_or_glorot(
    activation: str, standard: str, expected: float
) -> None:
    # The same seed draws the same numbers, so that each weight is the standard one, scaled.
    chosen = _first_kernel(activation)
    drawn = _first_kernel(activation, f", kernel_initializer: {standard}")
    assert np.sqrt((chosen**2).sum() / (drawn**2).sum()) == pytest.approx(expected, rel=1e-6)
    assert chosen == pytest.approx(expected * drawn, abs=1e-6)


# Parameters

FASHION = """
- Flatten
- Dense: {units: 300, activation: relu}
- Dense: {units: 100, activation: relu}
- Dense: {units: %d}
"""
GERON = """
- Reshape: {target_shape: [28, 28, 1]}
- Conv2D: {filters: 64, kernel_size: 7, activation: relu, padding: same}
- MaxPooling2D
- Conv2D: {filters: 128, kernel_size: 3, activation: relu, padding: same}
- Conv2D: {filters: 128, kernel_size: 3, activation: relu, padding: same}
- MaxPooling2D
- Conv2D: {filters: 256, kernel_size: 3, activation: relu, padding: same}
- Conv2D: {filters: 256, kernel_size: 3, activation: relu, padding: same}
- MaxPooling2D
- Flatten
- Dense: {units: 128, activation: relu}
- Dropout: {rate: 0.5}
- Dense: {units: 64, activation: relu}
- Dropout: {rate: 0.5}
- Dense: {units: 10}
"""
CONV = "- Conv1D: {filters: 15, kernel_size: 10, activation: relu}\n"
POOL_AND_HEAD = "- MaxPooling1D: {pool_size: 35}\n- Flatten\n- Dense: {units: 1}\n"
GM12878 = """
- Conv1D: {filters: 50, kernel_size: 15, padding: same}
- BatchNormalization
- ReLU
- Conv1D: {filters: 50, kernel_size: 15, padding: same}
- BatchNormalization
- ReLU
- Conv1D: {filters: 50, kernel_size: 13, padding: same}
- BatchNormalization
- ReLU
- MaxPooling1D: {pool_size: 40}
- Flatten
- Dense: {units: 50}
- BatchNormalization
- ReLU
- Dropout: {rate: 0.2}
- Dense: {units: 1}
"""
PRIMER = """
- Conv1D: {filters: 32, kernel_size: 12, activation: relu}
- MaxPooling1D: {pool_size: 4}
- Flatten
- Dense: {units: 16, activation: relu}
- Dense: {units: 2}
"""
CLASSES = "multiclass_classification"


@pytest.mark.parametrize(("layers", "task", "length", "columns", "expected"), [
    pytest.param(FASHION % 100, CLASSES, 196, 100, 275_700, id="fashion as printed"),
    pytest.param(FASHION % 10, CLASSES, 196, 10, 266_610, id="fashion with 10 classes"),
    pytest.param(GERON, CLASSES, 196, 10, 1_413_834, id="image CNN"),
    pytest.param(CONV + POOL_AND_HEAD, "binary_classification", 500, 1, 826, id="one layer"),
    pytest.param(CONV * 3 + POOL_AND_HEAD, "binary_classification", 500, 1, 5_341,
                 id="three layers"),
    pytest.param(CONV * 3 + POOL_AND_HEAD, "binary_classification", 1500, 1, 5_776,
                 id="tutorial 1, three layers"),
    pytest.param(CONV + "- BatchNormalization\n" + POOL_AND_HEAD, "binary_classification", 1500, 1,
                 1_306, id="tutorial 1, one layer"),
    pytest.param(GM12878, "binary_classification", 1000, 1, 136_551, id="tutorial 4"),
    pytest.param(PRIMER, CLASSES, 50, 2, 6_226, id="primer"),
])
def test_parameters(layers: str, task: str, length: int, columns: int, expected: int) -> None:
    from dlgenomics.build import build_model

    spec = _spec(layers, task=task, length=length, columns=columns)
    assert summarize(spec).parameters == expected
    assert build_model(spec).count_params() == expected


# Convolution by hand

def test_the_laplacian_kernel_finds_a_lone_pixel() -> None:
    model = _model("- Reshape: {target_shape: [8, 8, 1]}\n"
                   "- Conv2D: {filters: 1, kernel_size: 3, use_bias: false}\n"
                   "- Flatten", length=16, columns=36)
    kernel = -np.ones((3, 3, 1, 1))
    kernel[1, 1] = 8
    model.set_weights([kernel])
    lone = np.zeros((8, 8), np.float32)
    lone[3, 4] = 1
    flat, found = model(np.stack([np.ones_like(lone), lone]).reshape(2, 16, 4)).numpy()
    assert not flat.any()
    assert found.reshape(6, 6)[2, 3] == 8
    assert sorted(found)[-2:] == [0, 8]
    assert (found == -1).sum() == 8
