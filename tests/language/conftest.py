"""Tiny language models with random weights."""

import pytest
from tiny_language_models import protein_checkpoint, rna_checkpoint


@pytest.fixture(scope="session")
def protein_folder(tmp_path_factory):
    return protein_checkpoint(tmp_path_factory.mktemp("models") / "protein")


@pytest.fixture(scope="session")
def rna_folder(tmp_path_factory):
    return rna_checkpoint(tmp_path_factory.mktemp("models") / "rna")


@pytest.fixture(scope="session")
def protein(protein_folder):
    from dlgenomics_zoo.language import open_language_model

    return open_language_model(protein_folder)


@pytest.fixture(scope="session")
def rna(rna_folder):
    from dlgenomics_zoo.language import open_language_model

    return open_language_model(rna_folder)


@pytest.fixture(scope="session")
def spec(protein_folder):
    """The spec alone: no TensorFlow."""
    from dlgenomics_zoo.language.load import language_model_spec

    return language_model_spec(protein_folder)
