"""Methods by name, made from the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from dlgenomics.errors import DlgError, did_you_mean
from dlgenomics.explain.attention import Attention
from dlgenomics.explain.attribution import Method
from dlgenomics.explain.deeplift import DeepLift
from dlgenomics.explain.expected_gradients import ExpectedGradients
from dlgenomics.explain.gradient import Gradient
from dlgenomics.explain.gradient_input import GradientInput
from dlgenomics.explain.integrated_gradients import IntegratedGradients
from dlgenomics.explain.mutagenesis import Mutagenesis
from dlgenomics.explain.smoothgrad import SmoothGrad

METHODS: Final[Mapping[str, type[Any]]] = {
    "ism": Mutagenesis,
    "gradient": Gradient,
    "gradient-x-input": GradientInput,
    "ig": IntegratedGradients,
    "expected-gradients": ExpectedGradients,
    "smoothgrad": SmoothGrad,
    "deeplift": DeepLift,
    "attention": Attention,
}
"""The class of each method; its attributes are its settings."""


def make_method(name: str, **settings: Any) -> Method:
    """Return a method.

    Args:
        name: a key of `METHODS`.
        settings: attributes of its class.

    Raises:
        DlgError: no such method, or it has no such setting.
    """
    if name not in METHODS:
        raise DlgError(f"a method is one of {', '.join(METHODS)}. Received: {name!r}."
                       f"{did_you_mean(name, METHODS)}")
    known = settings_of(name)
    for setting in settings:
        if setting not in known:
            raise DlgError(f"the method {name} has {_listed(known)}. Received: {setting!r}. "
                           "Leave it out, or take another method.")
    made: Method = METHODS[name](**settings)
    return made


def settings_of(name: str) -> tuple[str, ...]:
    """Return the names of a method's settings."""
    return tuple(one.name for one in fields(METHODS[name]))


def describe_method(method: Method) -> str:
    """Return a method and its settings as text: ``ig, references shuffles:5, steps 50``."""
    name = next((name for name, kind in METHODS.items() if isinstance(method, kind)),
                type(method).__name__)
    settings = fields(method) if name in METHODS else ()  # type: ignore[arg-type]
    return ", ".join([name, *(f"{one.name} {getattr(method, one.name)}" for one in settings)])


def _listed(names: tuple[str, ...]) -> str:
    return f"the settings {', '.join(names)}" if names else "no settings"
