"""A family of language models: what its configs and tensors mean."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

from dlgenomics.spec import parse_spec, summarize
from dlgenomics.spec.dump import dump_yaml
from dlgenomics.spec.types import Spec
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.vocabulary import Vocabulary

Array = NDArray[Any]
Document = dict[str, Any]
"""A spec, or a part of one, as plain data."""


def as_is(array: Array) -> Array:
    """Return an array as the checkpoint has it."""
    return array


def transposed(array: Array) -> Array:
    """(out, in) → (in, out): a matrix of PyTorch as Keras has it."""
    return array.T


@dataclass(frozen=True)
class Placement:
    """Where a tensor of a checkpoint goes.

    Attributes:
        layer: the layer's name in the spec.
        weight: the weight's own name, such as ``kernel``.
        change: what is done to the tensor first.
        part: its place along the first axis of a weight that several tensors make up.
    """

    layer: str
    weight: str
    change: Callable[[Array], Array] = as_is
    part: int | None = None


@dataclass(frozen=True)
class Family:
    """A family of language models.

    Attributes:
        name: of the family.
        model_types: what ``model_type`` of its configs is.
        document: config and tokenizer → the spec as plain data; raises `DataError` for a config
            with values that the port does not know.
        weights: config → where each tensor goes, by name.
        tokenizer: config and vocabulary → the tokenizer as plain data.
        extras: patterns of tensors that are known and not needed, such as copies of others.
        prefix: what all names of tensors begin with but for checkpoints of the bare encoder.
        tokens: the vocabulary of checkpoints that come without one.
    """

    name: str
    model_types: tuple[str, ...]
    document: Callable[[Config, Document], Document]
    weights: Callable[[Config], Mapping[str, Placement]]
    tokenizer: Callable[[Config, Vocabulary], Document]
    extras: tuple[str, ...] = ()
    prefix: str = ""
    tokens: tuple[str, ...] = ()

    def spec(self, config: Config, vocabulary: Vocabulary, name: str) -> Spec:
        """Return the spec of a config.

        Args:
            config: of the checkpoint.
            vocabulary: its tokens.
            name: of the model.

        Raises:
            DataError: the config, or the vocabulary, is of a variant that there is no port for.
        """
        tokenizer = self.tokenizer(config, vocabulary)
        _check_ids(config, tokenizer)
        document = self.document(config, tokenizer)
        return parse_spec(dump_yaml({"spec": 1, "name": name, **document}), str(config.path))

    def parameters(self, config: Config) -> int:
        """Return how many parameters a config has; nothing is allocated, no other file is read."""
        tokens = tuple(f"<{i}>" for i in range(config.whole("vocab_size")))
        document = self.document(config, any_tokenizer(tokens))
        text = dump_yaml({"spec": 1, "name": self.name, **document})
        return summarize(parse_spec(text, str(config.path))).parameters

    def is_extra(self, tensor: str) -> bool:
        """Tell whether a tensor is known and not needed."""
        return any(fnmatch.fnmatchcase(tensor, pattern) for pattern in self.extras)

    def known_as(self, tensor: str, wanted: Collection[str]) -> str:
        """Return the name that `weights` has for a tensor, or its own where there is none.

        Older and the newest checkpoints write gamma and beta for the weight and bias of a
        normalization; those of the bare encoder leave the prefix out.

        Args:
            tensor: its name in the checkpoint.
            wanted: the names in `weights`.
        """
        spelt = _spelt(tensor)
        forms = (spelt, self.prefix + spelt)
        return next((form for form in forms if form in wanted or self.is_extra(form)), tensor)


def _check_ids(config: Config, tokenizer: Document) -> None:
    """Check that pads and masks are to the network what they are to its tokenizer."""
    for key, part in (("pad_token_id", "pad"), ("mask_token_id", "mask")):
        token = tokenizer.get(part)
        if token is not None and config.values.get(key) is not None:
            place = tokenizer["vocabulary"].index(token)
            config.choice(key, (place,), place)


_SPELLINGS: Final = {".gamma": ".weight", ".beta": ".bias"}


def _spelt(name: str) -> str:
    for old, new in _SPELLINGS.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name


def any_tokenizer(tokens: tuple[str, ...]) -> Document:
    """Return a tokenizer with those tokens, for counts that do not depend on what they are."""
    return {"kind": "longest_match", "vocabulary": list(tokens), "pad": tokens[0],
            "mask": tokens[0], "unknown": tokens[0]}
