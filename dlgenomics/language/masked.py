"""How probable each token is at each place of a sequence, with that place hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dlgenomics.errors import DlgError
from dlgenomics.language.tokenized import inside, tokens_input
from dlgenomics.predict.tokens import token_ids
from dlgenomics.progress import Progress, silent
from dlgenomics.spec.inputs import TokensInput

if TYPE_CHECKING:
    from dlgenomics.predict.model import Model

LOGITS: Final = "logits"


@dataclass(frozen=True, eq=False)
class Marginals:
    """Probabilities at each place of a sequence.

    Attributes:
        tokens: the sequence's own tokens, without those before and behind it.
        vocabulary: all tokens in the order of their ids.
        log_probabilities: natural logarithms, float32, shape (tokens, vocabulary). They add up to
            one where the network scores no more than the vocabulary.
    """

    tokens: tuple[str, ...]
    vocabulary: tuple[str, ...]
    log_probabilities: NDArray[np.float32]


def masked_marginals(model: Model, sequence: str, *, batch_size: int = 8,
                     progress: Progress = silent) -> Marginals:
    """Return the log-probability of every token at each place, with that place masked.

    The difference between a mutant's and the wild type's is the masked-marginal score of Meier et
    al., Language models enable zero-shot prediction of the effects of mutations on protein
    function, NeurIPS 2021.

    Args:
        model: a language model with ``logits``.
        sequence: as text.
        batch_size: masked copies in a batch; there is one for each token.
        progress: told of the copies.

    Raises:
        DlgError: the model has no scores of tokens or no token that masks.
        TokensError: the sequence is too long.
    """
    one, (name,) = _scored_tokens(model), model.inputs
    ids = token_ids([sequence], name, one)[0]
    vocabulary = one.tokenizer.vocabulary
    places = np.flatnonzero(inside(ids, one.tokenizer))
    rows: list[NDArray[np.float32]] = []
    for start in range(0, len(places), batch_size):
        batch = places[start:start + batch_size]
        copies = np.repeat(ids[None], len(batch), 0)
        copies[np.arange(len(batch)), batch] = _mask(one)
        logits = model.forward({name: copies})[LOGITS]
        rows.append(log_softmax(logits[np.arange(len(batch)), batch])[:, :len(vocabulary)])
        progress("hiding tokens", start + len(batch), len(places))
    found = np.concatenate(rows) if rows else np.empty((0, len(vocabulary)), np.float32)
    return Marginals(tuple(vocabulary[i] for i in ids[places]), vocabulary, found)


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return logarithms of probabilities over the last axis."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    found: NDArray[np.float32] = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return found


def _scored_tokens(model: Model) -> TokensInput:
    """Return the input of a language model that scores tokens, or refuse another model."""
    found = tokens_input(model.inputs)
    if LOGITS not in model.spec.model.outputs:
        raise DlgError(f"masked marginals need a language model that gives {LOGITS}. Received: "
                       f"{model.name}, which gives {', '.join(model.spec.model.outputs)}. Use a "
                       "checkpoint with its head.")
    return found


def _mask(one: TokensInput) -> int:
    if one.tokenizer.mask is None:
        raise DlgError("masked marginals need a token that masks. Received: a tokenizer without "
                       "one. Use a model that was trained with masks.")
    return one.tokenizer.id_of(one.tokenizer.mask)
