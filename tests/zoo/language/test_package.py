"""A language model as a package: fed by texts, without the files it was made from."""

from pathlib import Path

import numpy as np
import pytest

FIXTURES = Path(__file__).resolve().parent / "fixtures"
TEXTS = {"esm2": ["MKTAYIAK", "", "mk<mask>"], "kmers": ["ATTCCGA", "TTTT", ""]}


@pytest.fixture(scope="module", params=["esm2", "kmers"])
def packaged(request, tmp_path_factory):
    from dlgenomics.package.read import load_package
    from dlgenomics_zoo.imports.convert import Wish, convert
    from dlgenomics_zoo.language import open_language_model

    source = FIXTURES / request.param
    folder = convert(Wish(str(source), name="org/tiny"), tmp_path_factory.mktemp("packages"))
    return request.param, folder, load_package(folder), open_language_model(source)


def test_it_gives_what_the_checkpoint_gives(packaged):
    name, _, model, opened = packaged
    assert model.name == "org/tiny"
    for output, found in model.predict_on_batch(TEXTS[name]).items():
        np.testing.assert_allclose(found, opened.predict_on_batch(TEXTS[name])[output], rtol=1e-6,
                                   atol=1e-6)
    assert model.test().difference == 0


def test_its_card_and_schema_say_what_goes_in(packaged):
    _, folder, model, _ = packaged
    text = (folder / "README.md").read_text()
    assert "sequences as texts, or their token ids, int32, at most 40" in text
    assert "input `tokens`: (batch, tokens)" in text
    assert "output `embedding`: (batch, tokens, 16)" in text
    assert model.schema.inputs["tokens"].shape == (None,)
    assert model.schema.targets["pooled"].shape == (16,)


def test_keras_opens_it_once_our_layers_are_imported(packaged):
    import keras

    _, folder, model, _ = packaged
    ids = np.array([[2, 4, 5, 3]], np.int32)
    plain = keras.saving.load_model(folder)
    for output, found in plain.predict_on_batch(ids).items():
        np.testing.assert_allclose(found, model.predict_on_batch(ids)[output], rtol=1e-5, atol=1e-6)


def test_files_are_fed_by_their_own_command(packaged):
    from dlgenomics.errors import DlgError

    model = packaged[2]
    with pytest.raises(DlgError, match="dlg embed"):
        model.pipeline.predict({"sequences_file": "a.fa"})
