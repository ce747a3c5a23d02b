"""A network as a function of DNA windows: other inputs held, both strands if wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlgenomics.data.encoding import Codes, one_hot, reverse_complement
from dlgenomics.data.features import Change, Signal
from dlgenomics.data.feed import encode_inputs
from dlgenomics.data.intervals import Intervals
from dlgenomics.data.tracks import TrackBank, reverse
from dlgenomics.predict.model import Model
from dlgenomics.spec.inputs import ArrayInput, DnaInput, KmerInput, RnaInput, TrackInput
from dlgenomics.variants.plan import Options

Arrays = dict[str, NDArray[Any]]
Numbers = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Network:
    """A model as a function of windows.

    Attributes:
        model: the model.
        options: strands, batch size and the folder of bigWig files.
        linear: leave off the last activation.
    """

    model: Model
    options: Options
    linear: bool = False

    @property
    def takes_signal(self) -> bool:
        """Whether a prediction depends on the place, not on the letters alone."""
        return bool(self._tracks)

    @property
    def signal_files(self) -> list[Path]:
        """The bigWig files that it reads."""
        return [self.options.data_folder / file
                for track in self._tracks.values() for file in track.files]

    @cached_property
    def _tracks(self) -> dict[str, TrackInput]:
        return {name: one for name, one in self.model.inputs.items()
                if isinstance(one, TrackInput)}

    def predict(self, windows: Codes, places: Intervals) -> dict[str, Numbers]:
        """Return predictions by output.

        Args:
            windows: uint8 codes, shape (windows, length).
            places: where each lies; read by inputs of signal alone.
        """
        size = self.options.batch_size
        rows = [slice(i, i + size) for i in range(0, len(windows), size)]
        parts = [self._batch(windows[part], places[part]) for part in rows]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _batch(self, windows: Codes, places: Intervals) -> dict[str, Numbers]:
        forward = self._run(self._arrays(windows, places, turned=False))
        if not self.options.both_strands:
            return forward
        backward = self._run(self._arrays(reverse_complement(windows), places, turned=True))
        return {name: (one + self._turned(name, backward[name])) * np.float32(0.5)
                for name, one in forward.items()}

    def _turned(self, output: str, values: Numbers) -> Numbers:
        """Return predictions for the other strand in the places of this one."""
        target = self.model.data.targets[output]
        stranded = bool(getattr(target, "stranded", False))
        if values.ndim < 3:
            return values if not stranded else reverse(values[:, None], stranded=True)[:, 0]
        return reverse(values, stranded=stranded)

    def _arrays(self, windows: Codes, places: Intervals, *, turned: bool) -> Arrays:
        letters = {name: one for name, one in self.model.inputs.items()
                   if isinstance(one, DnaInput | RnaInput | KmerInput)}
        found = encode_inputs(windows, letters)
        for name, one in self.model.inputs.items():
            if isinstance(one, ArrayInput):
                first = windows.shape[1] // 2 - one.shape[0] // 2
                found[name] = one_hot(windows[:, first:first + one.shape[0]])
        rows = np.arange(len(windows))
        change = Change(np.zeros(len(windows), np.int64), np.full(len(windows), turned))
        for name, track in self._tracks.items():
            bank = TrackBank([self.options.data_folder / file for file in track.files],
                             places.resized(track.length), track.missing, track.stranded)
            found[name] = Signal(bank, 0, track.bin, "mean", track.transform,
                                 track.stranded).batch(rows, change)
        return found

    @cached_property
    def _run(self) -> Callable[[Mapping[str, NDArray[Any]]], dict[str, Numbers]]:
        if not self.linear:
            return self.model.forward
        from dlgenomics.variants.logits import linear_forward  # noqa: PLC0415 - TensorFlow

        return linear_forward(self.model)
