"""Language models of the Hub: from config and shards to the numbers of their reference."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from made_checkpoints import write_safetensors
from old_torch import write_zip

from dlgenomics import get_model
from dlgenomics.errors import DlgError
from dlgenomics.memory import Space
from dlgenomics_zoo.client import open_package
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.formats.safetensors import read_safetensors
from dlgenomics_zoo.hub.errors import FileNotInTreeError, MemoryLimitError
from dlgenomics_zoo.hub.open import fetch_model
from dlgenomics_zoo.hub.planning import plan_model
from hub import Hub
from hub_store import Files

FOLDER = Path(__file__).resolve().parents[1] / "language" / "fixtures" / "esm2"
TEXTS = ["MKTAYIAK", "mk<mask>"]
UNUSED = ("contact_head", "position_embeddings", "inv_freq")
AIDO = {  # the config of genbio-ai/AIDO.Protein-16B
    "model_type": "fm4bio", "architectures": ["FM4BioForMaskedLM"], "hidden_size": 2304, "num_hidden_layers": 36,
    "num_attention_heads": 36, "intermediate_size": 7680, "vocab_size": 128, "max_position_embeddings": 2048,
    "num_experts": 8, "experts_per_token": 2, "moe": True, "position_embedding_type": "rope", "add_linear_bias": True,
    "normalization_type": "RMSNorm", "hidden_act": "swiglu", "tie_word_embeddings": False, "use_lm_head": False}


def files() -> Files:
    return {p.name: p.read_bytes() for p in FOLDER.iterdir() if p.name != "expected.npz"}


def sharded(tmp_path: Path, shards: int = 2) -> Files:
    """The same in shards with odd names, which only the index says."""
    arrays = dict(read_safetensors(FOLDER / "model.safetensors").arrays)
    found = {name: content for name, content in files().items() if name != "model.safetensors"}
    where = {}
    for number in range(shards):
        name = f"weights_of_{number}.safetensors"
        part = dict(list(arrays.items())[number::shards])
        write_safetensors(tmp_path / name, part)
        found[name] = (tmp_path / name).read_bytes()
        where |= dict.fromkeys(part, name)
    return {**found, "model.safetensors.index.json": json.dumps({"weight_map": where}).encode()}


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    """What the folder's own model gives; its numbers are compared with transformers elsewhere."""
    return get_model(str(FOLDER)).predict_on_batch(TEXTS)


def close(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert set(found) == set(expected)
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-5)


def test_shards_of_a_pull_request(hub: Hub, tmp_path: Path, expected: dict[str, np.ndarray]) -> None:
    hub.publish("lab/esm", {"README.md": b"nothing here"})
    card = b"---\nlicense: cc-by-nc-4.0\n---\n"
    commit = hub.publish("lab/esm", {**sharded(tmp_path), "README.md": card, "tf_model.h5": b"x", "evil.py": b"x"}, ref="refs/pr/2")
    plan = plan_model("hf://lab/esm@refs/pr/2")
    assert plan.route == "language"
    assert [file.path for file in plan.files] == [
        "config.json", "vocab.txt", "weights_of_0.safetensors", "weights_of_1.safetensors",
        "model.safetensors.index.json"]
    model = get_model("hf://lab/esm@refs/pr/2")
    close(model.predict_on_batch(TEXTS), expected)
    assert (model.name, model.source.commit, model.source.route) == ("lab/esm", commit, "language")
    assert model.spec.license == "cc-by-nc-4.0"
    assert not hub.asked("tf_model|evil")
    asked = len(hub.log)
    get_model(f"hf://lab/esm@{commit}")
    assert len(hub.log) == asked


def test_parameters_are_counted_from_the_config(hub: Hub) -> None:
    hub.publish("lab/esm", files())
    arrays = read_safetensors(FOLDER / "model.safetensors").arrays
    plan = plan_model("hf://lab/esm")
    assert plan.memory.parameters == sum(array.size for name, array in arrays.items()
                                         if not any(part in name for part in UNUSED))
    assert not hub.asked("model.safetensors")


def test_a_bin_is_read_without_pickle_and_a_better_place_is_named(
    hub: Hub, tmp_path: Path, expected: dict[str, np.ndarray]
) -> None:
    arrays = dict(read_safetensors(FOLDER / "model.safetensors").arrays)
    write_zip(tmp_path / "pytorch_model.bin", arrays)
    small = {name: content for name, content in files().items() if name != "model.safetensors"}
    hub.publish("lab/esm", {**small, "pytorch_model.bin": (tmp_path / "pytorch_model.bin").read_bytes()})
    hub.publish("lab/esm", {"other.txt": b"x"}, ref="refs/pr/1")
    hub.publish("lab/esm", {"model.safetensors": b"x"}, ref="refs/pr/2")
    plan = plan_model("hf://lab/esm")
    assert plan.reason.endswith("read without pickle. hf://lab/esm@refs/pr/2 has them as safetensors.")
    close(get_model("hf://lab/esm").predict_on_batch(TEXTS), expected)


def test_a_bin_that_is_a_program_is_refused(hub: Hub, tmp_path: Path) -> None:
    from hub_models import evil_pickle

    small = {name: content for name, content in files().items() if name != "model.safetensors"}
    hub.publish("lab/esm", {**small, "pytorch_model.bin": evil_pickle(tmp_path / "it-ran")})
    with pytest.raises(DlgError):
        get_model("hf://lab/esm")
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize(("name", "error"), [
    ("../../etc/passwd", UnsafeModelError), ("/etc/passwd", UnsafeModelError), ("a\\b", UnsafeModelError),
    ("not-in-the-tree.safetensors", FileNotInTreeError)])
def test_an_index_names_files_of_its_folder_only(
    hub: Hub, tmp_path: Path, name: str, error: type[DlgError]
) -> None:
    index = json.dumps({"weight_map": {"esm.embeddings.word_embeddings.weight": name}}).encode()
    hub.publish("lab/esm", {**sharded(tmp_path), "model.safetensors.index.json": index})
    with pytest.raises(error):
        plan_model("hf://lab/esm")
    assert all(one.path.endswith(("config.json", "index.json", "main"))
               for one in hub.asked() if "passwd" not in one.path)
    assert not hub.asked("passwd|not-in-the-tree")


def test_a_model_too_large_for_this_machine_is_refused_before_its_weights(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = struct.pack("<Q", 2) + b"{}"
    hub.publish("genbio-ai/AIDO.Protein-16B", {
        "config.json": json.dumps(AIDO).encode(), "vocab.txt": b"[PAD]\n", "model.safetensors": head,
        "README.md": b"---\nlicense: other\nlicense_name: genbio-ai-community-license\n---\n"})
    monkeypatch.setattr("dlgenomics_zoo.hub.memory.free_space", lambda: Space(24 * 2**30))
    plan = plan_model("hf://genbio-ai/AIDO.Protein-16B")
    assert plan.commit.license == "genbio-ai-community-license"
    assert plan.memory.parameters == 64_237_962_240 / 4  # its index's total_size
    with pytest.raises(MemoryLimitError, match=r"64\.2 GB in float32 \(16\.06 G parameters by its config; 32\.1 GB in "
                                               r"bfloat16\), with 20\.6 GB to use here"):
        get_model("hf://genbio-ai/AIDO.Protein-16B")
    assert not hub.asked("model.safetensors")


def test_half_precision_needs_half_the_memory(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.publish("lab/esm", files())
    count = plan_model("hf://lab/esm").memory.parameters
    assert count is not None
    monkeypatch.setattr("dlgenomics_zoo.hub.memory.free_space", lambda: Space(int(3 * count / 0.8)))
    with pytest.raises(MemoryLimitError):
        get_model("hf://lab/esm")
    model = get_model("hf://lab/esm", precision="bfloat16")
    kernels = [weight for weight in model.model.weights if len(weight.shape) == 2]
    assert {weight.dtype for weight in kernels} == {"bfloat16"}


def test_a_folder_and_a_package(hub: Hub, expected: dict[str, np.ndarray]) -> None:
    hub.publish("lab/esm", files())
    _, folder = fetch_model("hf://lab/esm")
    assert {p.name for p in folder.iterdir()} == {"config.json", "vocab.txt", "model.safetensors"}
    package, _ = open_package("hf://lab/esm")
    model = get_model(package)
    close(model.predict_on_batch(TEXTS), expected)
    model.test()


def test_a_variant_without_a_port_is_said_with_the_value(hub: Hub) -> None:
    config = json.loads(files()["config.json"]) | {"hidden_act": "mish"}
    hub.publish("lab/esm", {**files(), "config.json": json.dumps(config).encode()})
    with pytest.raises(DlgError, match=r'hidden_act must be .* Received: "mish"'):
        plan_model("hf://lab/esm")
