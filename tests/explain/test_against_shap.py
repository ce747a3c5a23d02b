"""DeepLIFT against another implementation, shap's, on networks that both support."""

from __future__ import annotations

import numpy as np
import pytest

from dlgenomics.explain.deeplift import DeepLift
from dlgenomics.explain.explaining import explain
from dlgenomics.explain.references import Shuffles

NETWORKS = {
    "conv": ("Conv1D: {filters: 5, kernel_size: 4, activation: relu}", "Flatten", "Dense: {units: 1}"),
    "norm and maximum": ("Conv1D: {filters: 5, kernel_size: 4}", "BatchNormalization",
                         "Activation: relu", "MaxPooling1D: {pool_size: 3}", "Flatten",
                         "Dense: {units: 4, activation: relu}", "Dense: {units: 1}"),
    "tanh and mean": ("Conv1D: {filters: 5, kernel_size: 4, activation: tanh}",
                      "AveragePooling1D: {pool_size: 3}", "Flatten", "Dense: {units: 1}"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_contributions_are_those_of_shap(make_explained, x: np.ndarray, layers) -> None:
    shap = pytest.importorskip("shap", reason="compares with shap, where it is installed")
    import keras

    model = make_explained(*layers)
    head = model.model.layers[-1]
    logit = keras.layers.Dense(1, name="logit")
    network = keras.Model(model.model.input, logit(head.input))
    logit.set_weights(head.get_weights())
    references = Shuffles(4)
    theirs = np.stack([
        np.asarray(shap.DeepExplainer(network, drawn).shap_values(one[None], check_additivity=False))
        .reshape(24, 4).sum(axis=1)
        for one, drawn in zip(x, references.draw(x), strict=True)])
    assert explain(model, x, DeepLift(references)).actual == pytest.approx(theirs, abs=2e-6)
