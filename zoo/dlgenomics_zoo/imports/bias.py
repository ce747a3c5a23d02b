"""ChromBPNet: a model of accessibility and one of the enzyme's bias, as one network.

Pampari et al., ChromBPNet, bioRxiv 2024, doi:10.1101/2024.12.25.630221. The published file of the
whole has a Lambda for the sum of counts, which is code; its two parts are published too, and what
stands around them is known: logits of the profiles are added, and counts, whose logarithms the
parts give, are added as counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from dlgenomics.errors import DataError
from dlgenomics_zoo.formats.keras_network import LegacyNetwork
from dlgenomics_zoo.imports.around import prefixed

PROFILE: Final = "logits_profile_predictions"
COUNT: Final = "logcount_predictions"
_BIAS: Final = "bias"


def with_bias(model: LegacyNetwork, bias: LegacyNetwork) -> LegacyNetwork:
    """Return one network of a model without bias and a model of the bias.

    The logarithm of a sum of exponentials is ``a + softplus(b - a)``, in layers of Keras.

    Args:
        model: with two outputs, the logits of a profile, (positions,), and a log count, (1,).
        bias: the same of the bias, on the same input.

    Raises:
        DataError: they are other networks.
    """
    (profile, count), (bias_profile, _) = _heads(model), _heads(bias)
    if list(model.inputs.values()) != list(bias.inputs.values()) or len(model.inputs) != 1 or (
            model.outputs[profile] != bias.outputs[bias_profile]):
        raise _other(bias, f"inputs {dict(bias.inputs)} and outputs {dict(bias.outputs)} beside "
                           f"{dict(model.inputs)} and {dict(model.outputs)}")
    bias = prefixed(bias, _BIAS, model)
    bias_profile, bias_count = _heads(bias)
    joined: list[dict[str, Any]] = [
        {"Add": {"from": [profile, bias_profile], "name": f"{PROFILE}_sum"}},
        {"Subtract": {"from": [bias_count, count], "name": "logcount_difference"}},
        {"Activation": {"from": "logcount_difference", "activation": "softplus",
                        "name": "logcount_gain"}},
        {"Add": {"from": [count, "logcount_gain"], "name": f"{COUNT}_sum"}},
    ]
    outputs = {f"{PROFILE}_sum": model.outputs[profile], f"{COUNT}_sum": model.outputs[count]}
    note = ("The whole model was put together from its parts: profile logits are added, counts are "
            "summed as exp(logcount).")
    return replace(model, layers=(*model.layers, *bias.layers, *joined), outputs=outputs,
                   weights={**model.weights, **bias.weights},
                   notes=(*model.notes, *bias.notes, note))


def _heads(network: LegacyNetwork) -> tuple[str, str]:
    """Return the names of the profile and of the count."""
    counts = [name for name, shape in network.outputs.items() if shape == (1,)]
    profiles = [name for name, shape in network.outputs.items() if shape != (1,)]
    if len(counts) != 1 or len(profiles) != 1:
        raise _other(network, f"outputs {dict(network.outputs)}")
    return profiles[0], counts[0]


def _other(network: LegacyNetwork, came: str) -> DataError:
    return DataError("a part of ChromBPNet must give a profile and a log count of one sequence, as "
                     f"the other part does. Received: a network with {came}. Use its files one by "
                     "one.", path=network.source["path"])
