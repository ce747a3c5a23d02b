"""Organisations whose repositories hold several files, and which of them is the model.

`encode-chrombpnet-*`, `encode-bpnet-*` (Kundaje lab; five folds each):

    fold_0/model.chrombpnet_nobias.fold_0.ENCSR….h5    accessibility without the enzyme's bias
    fold_0/model.bias_scaled.fold_0.ENCSR….h5          the bias
    fold_0/model.chrombpnet.fold_0.ENCSR….h5           both, with a Lambda: made of the two
    fold_0/model.h5                                    BPNet
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_FOLD: Final = "fold_0/"
_WHOLE: Final = re.compile(r"(.*model\.)chrombpnet(\..*\.h5)|(.*)chrombpnet(\.h5)")


@dataclass(frozen=True)
class Choice:
    """What an adapter makes of a repository.

    Attributes:
        file: the model.
        bias: the file of the bias that belongs to it, where the two are one model.
        reason: why this file, in a sentence.
    """

    file: str
    bias: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Adapter:
    """What is known of an organisation's repositories, whose models read DNA as A C G T.

    Attributes:
        repositories: an expression that their names fit.
        preferred: parts of the names of files, the best first.
    """

    repositories: str
    preferred: tuple[str, ...]


ADAPTERS: Final = (
    Adapter(r"[^/]+/encode-chrombpnet-.*", ("chrombpnet_nobias", "nobias")),
    Adapter(r"[^/]+/encode-bpnet-.*", ("model.h5", "bpnet")),
)


def adapter_of(repository: str) -> Adapter | None:
    """Return what is known of a repository's kind."""
    return next((one for one in ADAPTERS if re.fullmatch(one.repositories, repository)), None)


def choose(repository: str, candidates: Sequence[str], file: str = "") -> Choice | None:
    """Return which of several Keras files is meant, or None if nobody here knows.

    Args:
        repository: ``org/name``.
        candidates: the files, relative to the subfolder that was asked for.
        file: the one that was asked for; empty for none.
    """
    adapter = adapter_of(repository)
    if adapter is None:
        return None
    if file:
        return _chosen(candidates, file)
    for part in adapter.preferred:
        fitting = [name for name in candidates if part in name]
        first = [name for name in fitting if name.startswith(_FOLD)] or fitting
        if len(first) == 1:
            return Choice(first[0], reason=_reason(first[0], candidates))
    return None


def _chosen(candidates: Sequence[str], file: str) -> Choice:
    bias = _bias_of(file, candidates)
    if bias is None:
        return Choice(file, reason="It was asked for.")
    model, other = bias
    return Choice(model, other, "The whole ChromBPNet is put together from its model without bias "
                  f"and its bias; {file} itself holds code (a Lambda) and is not fetched.")


def _bias_of(file: str, candidates: Sequence[str]) -> tuple[str, str] | None:
    """Return the two parts of a whole ChromBPNet; None if the file is no whole one."""
    if not (found := _WHOLE.fullmatch(file)):
        return None
    before, after = found[1] or found[3] or "", found[2] or found[4]
    parts = [(f"{before}{model}{after}", f"{before}{bias}{after}")
             for model in ("chrombpnet_nobias", "chrombpnet_wo_bias")
             for bias in ("bias_scaled", "bias_model_scaled")]
    return next((one for one in parts if set(one) <= set(candidates)), None)


def _reason(file: str, candidates: Sequence[str]) -> str:
    others = [name for name in candidates if name != file]
    if not others:
        return "It is the only one."
    return (f"It is the one to start from; # chooses another of {len(others)}, such as "
            f"{others[0]}.")
