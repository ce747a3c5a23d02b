"""Outputs with positions along the sequence: where these lie on a genome, told from a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dlgenomics.data.encoding import DNA, RNA
from dlgenomics.data.loaded import window_of
from dlgenomics.predict.columns import Naming, Profile, column_names
from dlgenomics.spec.alignment import aligned_views
from dlgenomics.spec.inputs import ArrayInput, DnaInput, KmerInput, RnaInput, TrackInput
from dlgenomics.spec.outline import View
from dlgenomics.spec.targets import ArrayTarget, InputTarget, OutputShape, ProfileTarget
from dlgenomics.spec.types import Data, Spec

_COMPLEMENT: Final = (3, 2, 1, 0)
"""The channels A C G T as the other strand has them."""

_LAID_OUT: Final = "gradients lie as the users of the model's source lay out its input"


def naming_of(spec: Spec) -> Naming:
    """Return how predictions are named: by target and column, with the places of positions."""
    labels = column_names(spec.data)
    return Naming(labels=labels, profiles=profiles_of(spec, labels))


def naming_of_layer(spec: Spec, layer: str, shape: OutputShape) -> Naming:
    """Return how a layer's output is named: by place; its channels are tracks along positions.

    Args:
        spec: the model's.
        layer: its name.
        shape: of its output, without the batch axis.
    """
    naming = Naming()
    if len(shape) < 2:
        return naming
    window = _window(spec.data)
    tracks = [f"{naming.key}/{channel}" for channel in range(shape[-1] or 0)]
    view = _views(spec, window).get(layer, View(all=True))
    return replace(naming, profiles={naming.key: _seen(tracks, shape, window, view)})


def naming_of_gradients(spec: Spec) -> Naming:
    """Return how gradients are named: by place; tracks along inputs, such as ``grads/A``."""
    naming, window = Naming("grads"), _window(spec.data)
    inputs = {name: spec.data.inputs[name] for name in spec.model.inputs}
    profiles = {}
    for name, one in inputs.items():
        output, start = (naming.key, naming.key) if len(inputs) == 1 else (
            name, f"{naming.key}/{name}")
        profile = _input_profile(one, [f"{start}/{end}" for end in _channel_names(one)], window)
        if profile is not None:
            has_layout = isinstance(one, DnaInput) and one.layout is not None
            profiles[output] = replace(profile, unknown=_LAID_OUT if has_layout else "")
    return replace(naming, profiles=profiles)


def profiles_of(spec: Spec, labels: Mapping[str, Sequence[str]]) -> dict[str, Profile]:
    """Return where the positions of outputs lie; outputs without positions are left out.

    A target from bigWig files says itself how long a position is. For others the model's layers
    tell it: the steps of convolutions and pooling from one position to the next. The shape alone
    does not: SpliceAI's 5,000 positions of 15,000 bp are not three bases each.

    Args:
        spec: the model's.
        labels: by output the names along its last axis.
    """
    window = _window(spec.data)
    views = _views(spec, window)
    found = {name: _profile(spec.data, name, labels[name], window, views.get(name, View(all=True)))
             for name in spec.data.targets}
    return {name: one for name, one in found.items() if one is not None}


def _window(data: Data) -> int:
    """Return the bp of the windows that are read; 0 if no input says."""
    if data.sequences:
        return window_of(list(data.sequences.values()))
    arrays = [one.shape[0] or 0 for one in data.inputs.values() if _is_one_hot(one)]
    return max([*arrays, *(one.length for one in data.tracks.values())], default=0)


def _views(spec: Spec, window: int) -> Mapping[str, View]:
    """Return the bases of the window that the positions of inputs and layers stand for."""
    if not window:
        return {}
    return aligned_views(spec, {name: _input_view(one, window)
                                for name, one in spec.data.inputs.items()})


def _is_one_hot(one: Any) -> bool:
    return isinstance(one, ArrayInput) and len(one.shape) == 2 and one.shape[1] == len(_COMPLEMENT)


def _input_view(one: Any, window: int) -> View:
    """Return the bases of the window that the positions of an input stand for."""
    if _is_one_hot(one):
        return View()
    first = window // 2 - getattr(one, "length", 0) // 2
    if isinstance(one, DnaInput | RnaInput):
        return View(first, first)
    if isinstance(one, KmerInput):
        return View(first, first + one.k - 1, one.stride)
    if isinstance(one, TrackInput):
        return View(first, first + one.bin - 1, one.bin)
    return View(all=True)


def _profile(data: Data, name: str, labels: Sequence[str], window: int,
             view: View) -> Profile | None:
    """Return where an output's positions lie; None if it has none."""
    target: Any = data.targets[name]
    if isinstance(target, InputTarget):
        same = _input_profile(data.inputs[target.input], labels, window)
        if same is not None:
            return same
    if isinstance(target, ProfileTarget):
        return Profile(labels, window, target.bin, _channels(len(labels), target.stranded))
    shape = data.output_shape(name)
    if len(shape) == 1:
        is_row = isinstance(target, ArrayTarget) and not target.columns and not view.all
        return _placed((name,), shape, window, view) if is_row else None
    return _placed(labels, shape, window, view)


def _input_profile(one: Any, labels: Sequence[str], window: int) -> Profile | None:
    """Return where the positions of an input lie; None if it has none in a genome."""
    if isinstance(one, DnaInput | RnaInput):
        return Profile(labels, window, 1, _COMPLEMENT)
    if isinstance(one, TrackInput):
        return Profile(labels, window, one.bin, _channels(len(labels), one.stranded))
    return None


def _channel_names(one: Any) -> Sequence[str]:
    if isinstance(one, DnaInput | RnaInput):
        return (RNA if isinstance(one, RnaInput) else DNA).letters
    return [str(channel) for channel in range(one.shape[-1] or 0)]


def _channels(count: int, stranded: bool) -> tuple[int, ...]:
    """Return the channels as the minus strand has them: stranded ones are pairs."""
    return tuple(channel ^ 1 for channel in range(count)) if stranded else tuple(range(count))


def _seen(tracks: Sequence[str], shape: OutputShape, window: int, view: View) -> Profile:
    """Return the places of a layer's positions: each is in the middle of what it sees."""
    if len(shape) > 2:
        return Profile(tracks, unknown=_shape_problem(shape))
    if view.all or view.jump < 1:
        return Profile(tracks, unknown=_untold(shape[0]))
    first = (view.first + view.last - view.jump + 1) // 2
    return Profile(tracks, window, view.jump, _channels(len(tracks), False), first=first)


def _placed(tracks: Sequence[str], shape: OutputShape, window: int, view: View) -> Profile:
    """Return the places of positions that follow from the steps of the layers before them."""
    positions = shape[0]
    if positions is None or len(shape) > 2:
        return Profile(tracks, unknown=_shape_problem(shape))
    if positions == window and (view.all or view.jump == 1):
        view = View()
    problem = _problem(positions, window, view)
    return Profile(tracks, window, view.jump, _channels(len(tracks), False), problem)


def _shape_problem(shape: OutputShape) -> str:
    return f"its shape for a row is {shape}, where (positions, channels) can be placed"


def _untold(positions: int | None) -> str:
    return ("the layers do not tell which bases each of its "
            f"{'' if positions is None else f'{positions:,} '}positions stands for")


def _problem(positions: int, window: int, view: View) -> str:
    """Return why positions cannot be placed; empty if they can."""
    if view.all or view.jump < 1:
        return _untold(positions)
    length = positions * view.jump
    covered = f"its {positions:,} positions of {view.jump} bp are {length:,} bp"
    if length > window:
        return f"{covered}, more than the window's {window:,}"
    if (window - length) % 2:
        return f"{covered}, whose middle is between those of the window's {window:,}"
    # Both sums are twice a middle: of what the positions see, and of the window.
    aside = view.first + view.last + view.jump * (positions - 1) - (window - 1)
    if length < window and abs(aside) > view.jump:
        return f"{covered} that do not lie around the middle of the window's {window:,}"
    return ""
