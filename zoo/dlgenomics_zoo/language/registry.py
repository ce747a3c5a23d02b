"""The families of language models that there are ports for."""

from __future__ import annotations

from typing import Final

from dlgenomics.errors import DataError, did_you_mean
from dlgenomics_zoo.formats.errors import printable
from dlgenomics_zoo.language.bert import BERT
from dlgenomics_zoo.language.config import Config
from dlgenomics_zoo.language.esm import ESM
from dlgenomics_zoo.language.family import Family
from dlgenomics_zoo.language.fm4bio import FM4BIO
from dlgenomics_zoo.language.rnabert import RNABERT

FAMILIES: Final[tuple[Family, ...]] = (ESM, BERT, FM4BIO, RNABERT)

MODEL_TYPES: Final[dict[str, Family]] = {
    model_type: family for family in FAMILIES for model_type in family.model_types}
"""Families by ``model_type`` of a config."""


def family_of(config: Config) -> Family:
    """Return the family of a config.

    Raises:
        DataError: there is no port for its ``model_type``.
    """
    family = MODEL_TYPES.get(config.model_type)
    if family is None:
        raise DataError(f"model_type must be one of {', '.join(MODEL_TYPES)}. Received: "
                        f"{printable(config.model_type)[:80] or 'none'}."
                        f"{did_you_mean(config.model_type, MODEL_TYPES)} There is no port for "
                        "other networks.", path=config.path)
    return family
