"""Parameter counts of the course's networks; linear algebra by networks."""

from __future__ import annotations

import numpy as np
import pytest
from taught import dense_kernel, examples, make_model, make_spec

from dlgenomics.spec import summarize

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

    spec = make_spec(layers, task=task, length=length, columns=columns)
    assert summarize(spec).parameters == expected
    assert build_model(spec).count_params() == expected


# Linear algebra, and steps


def test_the_laplacian_kernel_finds_a_lone_pixel() -> None:
    model = make_model("- Reshape: {target_shape: [8, 8, 1]}\n"
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


@pytest.mark.parametrize(("vector", "value"), [((3, 2), 4), ((1, -1), -1)])
def test_eigenvectors_pass_a_layer_but_for_their_length(
    vector: tuple[float, float], value: float
) -> None:
    model = make_model("- Flatten\n- Dense: {units: 2, use_bias: false}", columns=2)
    # A layer multiplies from the left: the kernel is the matrix, turned.
    model.set_weights([dense_kernel((2, 2), (3, 1))])
    assert model(examples(vector)).numpy()[0].tolist() == [value * x for x in vector]


def test_the_gradient_of_a_quadratic() -> None:
    from dlgenomics.predict.gradients import input_gradient

    model = make_model("- Flatten: {name: f}\n- Multiply: {from: [f, f]}\n"
                       "- Dense: {units: 1, use_bias: false}")
    model.set_weights([dense_kernel((3,), (1,))])
    options = {"filter_idx": None, "avg_func": None, "pre_nonlinearity": False}
    found = input_gradient(model, {"x": examples((1, 1))}, model.layers[-1], **options)
    assert found["x"].ravel().tolist() == [6, 2, 0, 0]
    assert np.linalg.norm(found["x"]) == pytest.approx(6.3246, abs=5e-5)


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_as_many_hidden_units_as_a_function_has_steps(steps: int) -> None:
    model = make_model(f"- Flatten\n- Dense: {{units: {steps}, activation: sigmoid}}\n"
                       "- Dense: {units: 1}")
    rng = np.random.default_rng(steps)
    edges, heights = np.arange(steps) + 0.5, rng.normal(size=steps)
    model.set_weights([dense_kernel((200.0,) * steps), -200 * edges, heights[:, None],
                       np.zeros(1)])
    x = np.arange(steps + 1)
    expected = np.concatenate([[0], np.cumsum(heights)])
    assert model(examples(*[(float(v),) for v in x])).numpy()[:, 0] == pytest.approx(
        expected, abs=1e-5)
