"""Programs and other libraries' models: nothing runs without trust at one commit."""

from __future__ import annotations

import json
import logging
import sys
import tarfile
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlgenomics import get_model
from dlgenomics.errors import DataError, DlgError
from dlgenomics_zoo.formats.errors import UnsafeModelError
from dlgenomics_zoo.hub.errors import AmbiguousModelError, NoRouteError, NotPinnedError
from dlgenomics_zoo.hub.planning import plan_model
from dlgenomics_zoo.hub.routes.saved_model import unpacked
from dlgenomics_zoo.trusted.statement import NeedsTrustError
from hub import Hub
from hub_models import safetensors, tar_of
from hub_store import Files


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A SavedModel that doubles its input and, each time, writes a file named after it."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("program")
    marker = tf.constant(str(folder / "it-ran"))

    class Doubles(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32, name="x")])
        def serve(self, x: Any) -> dict[str, Any]:
            with tf.control_dependencies([tf.io.write_file(marker, "ran")]):
                return {"y": 2 * x}

    module = Doubles()
    tf.saved_model.save(module, str(folder / "saved"), signatures={"serving_default": module.serve})
    files = {p.relative_to(folder / "saved").as_posix(): p.read_bytes()
             for p in (folder / "saved").rglob("*") if p.is_file()}
    return {**files, "MARKER": str(folder / "it-ran").encode()}


def split(program: Files) -> tuple[Files, Path]:
    marker = Path(program["MARKER"].decode())
    marker.unlink(missing_ok=True)
    return {name: content for name, content in program.items() if name != "MARKER"}, marker


@pytest.mark.parametrize("form", ["folder", "subfolder", "tar"])
def test_a_saved_model_runs_with_trust_at_a_commit(
    hub: Hub, program: Files, form: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, marker = split(program)
    if form == "subfolder":
        files = {f"fold_0/{name}": content for name, content in files.items()}
    if form == "tar":
        files = {"model.tar": tar_of({f"./saved/{name}": content for name, content in files.items()})}
    commit = hub.publish("lab/program", files)
    for variable in ("DLG_TRUST", "TRUST", "HF_TRUST_REMOTE_CODE"):
        monkeypatch.setenv(variable, "1")
    with pytest.raises(NeedsTrustError, match=rf"hf://lab/program@{commit}.*a SavedModel, a program that TensorFlow runs"):
        get_model(f"hf://lab/program@{commit}")
    with pytest.raises(NotPinnedError, match=f"Look at that commit, then write hf://lab/program@{commit}"):
        get_model("hf://lab/program", trust=True)
    assert not hub.asked("resolve")
    with caplog.at_level(logging.WARNING, "dlgenomics"):
        model = get_model(f"hf://lab/program@{commit}", trust=True)
    assert "It can do anything that you can" in caplog.text
    assert not marker.exists()
    np.testing.assert_array_equal(model.predict_on_batch(np.ones((2, 3))), np.full((2, 3), 2.0))
    assert marker.exists()  # it is a program indeed
    with pytest.raises(NeedsTrustError):  # trust is not remembered
        get_model(f"hf://lab/program@{commit}")


def test_several_programs_are_listed(hub: Hub) -> None:
    hub.publish("lab/program", {"a/saved_model.pb": b"x", "b/saved_model.pb": b"x"})
    with pytest.raises(AmbiguousModelError, match=r"a/saved_model.pb, b/saved_model.pb"):
        plan_model("hf://lab/program")
    plan = plan_model("hf://lab/program#b/saved_model.pb")
    assert [file.path for file in plan.files] == ["b/saved_model.pb"]


def _link(kind: bytes, to: str, name: str = "saved/link") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made


@pytest.mark.parametrize(("files", "more"), [
    ({"../outside": b"x"}, None),
    ({"/tmp/dlg-outside": b"x"}, None),
    ({"a/../../outside": b"x"}, None),
    ({"saved_model.pb": b"x"}, _link(tarfile.SYMTYPE, "/etc/passwd")),
    ({"saved_model.pb": b"x"}, _link(tarfile.LNKTYPE, "../outside")),
    ({"saved_model.pb": b"x"}, _link(tarfile.CHRTYPE, "")),
    ({"saved_model.pb": b"x"}, _link(tarfile.FIFOTYPE, "")),
], ids=["..", "absolute", "inner ..", "symlink", "hard link", "device", "pipe"])
def test_an_archive_stays_in_its_folder(tmp_path: Path, files: Files, more: tarfile.TarInfo | None) -> None:
    path = tmp_path / "deep" / "model.tar"
    path.parent.mkdir()
    path.write_bytes(tar_of(files, **({"more": more} if more else {})))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UnsafeModelError, match="an archive may hold plain files of its own only"):
        unpacked(path)
    after = [p for p in sorted(tmp_path.rglob("*")) if "dlg-cache" not in p.parts]
    assert after == before
    assert not Path("/tmp/dlg-outside").exists()


def test_an_archive_that_unfolds_to_too_much(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "model.tar.gz"
    path.write_bytes(gzip.compress(tar_of({"saved_model.pb": bytes(80 * 2**20)})))
    with pytest.raises(UnsafeModelError, match=r"50 times its size. Received: 1 members of 83,886,080 bytes"):
        unpacked(path)


@pytest.mark.parametrize("content", [b"", b"no archive", tar_of({"a": b"x" * 9999})[:3000],
                                     tar_of({"readme": b"x"}),
                                     tar_of({"a/saved_model.pb": b"x", "b/saved_model.pb": b"x"})])
def test_an_archive_that_is_none_or_holds_no_program(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.tar"
    path.write_bytes(content)
    with pytest.raises(DataError):
        unpacked(path)


# KerasHub


class FakeKerasHub(types.ModuleType):
    """Stands for the package: notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__("keras_hub")
        self.asked: list[tuple[str, list[str]]] = []

        def kind(name: str) -> Any:
            def from_preset(folder: str) -> str:
                self.asked.append((name, sorted(
                    p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())))
                return name

            return types.SimpleNamespace(from_preset=from_preset)

        self.models = types.SimpleNamespace(Backbone=kind("backbone"), Task=kind("task"))


def install(monkeypatch: pytest.MonkeyPatch, *names: str, module: Any = None) -> None:
    """Let packages look installed."""
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: (
        types.SimpleNamespace() if name in names else found(name, *rest)))
    for name in names:
        monkeypatch.setitem(sys.modules, name, module or types.ModuleType(name))


def hide(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let packages look as if they were not installed."""
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: (
        None if name in names else found(name, *rest)))


PRESET = {"module": "keras_hub.src.models.bert.bert_backbone", "class_name": "BertBackbone",
          "config": {"num_layers": 1}, "registered_name": "keras_hub>BertBackbone"}


def preset(config: Any = None, **more: Any) -> Files:
    described = {"config.json": config or PRESET, "metadata.json": {"keras_version": "3.15"}, **{
        name.replace("__", "."): value for name, value in more.items()}}
    return {**{name: json.dumps(value).encode() for name, value in described.items()},
            "model.weights.h5": b"x", "assets/tokenizer/vocab.txt": b"x", "other.txt": b"x"}


def test_a_preset_of_keras_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeKerasHub()
    install(monkeypatch, "keras_hub", module=fake)
    hub.publish("lab/bert", preset())
    hub.publish("lab/task", preset(task__json=PRESET))
    assert get_model("hf://lab/bert") == "backbone"
    assert get_model("hf://lab/task") == "task"
    assert fake.asked[0][1] == ["assets/tokenizer/vocab.txt", "config.json", "metadata.json", "model.weights.h5"]


def test_a_preset_with_keras_hub_itself(hub: Hub, tmp_path: Path) -> None:
    keras_hub = pytest.importorskip("keras_hub", reason="needs the extra keras-hub")
    made = keras_hub.models.BertBackbone(vocabulary_size=20, num_layers=1, num_heads=2, hidden_dim=8,
                                         intermediate_dim=16, max_sequence_length=12)
    made.save_to_preset(str(tmp_path / "preset"))
    hub.publish("lab/bert", {p.relative_to(tmp_path / "preset").as_posix(): p.read_bytes()
                             for p in (tmp_path / "preset").rglob("*") if p.is_file()})
    ids = {"token_ids": np.ones((1, 12), int), "segment_ids": np.zeros((1, 12), int),
           "padding_mask": np.ones((1, 12), int)}
    np.testing.assert_array_equal(get_model("hf://lab/bert").predict_on_batch(ids)["sequence_output"],
                                  made.predict_on_batch(ids)["sequence_output"])


def test_without_keras_hub_the_extra_is_named(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "keras_hub")
    hub.publish("lab/bert", preset())
    plan = plan_model("hf://lab/bert")
    assert (plan.route, plan.needs) == ("keras_hub", ("keras_hub",))
    with pytest.raises(NoRouteError, match=r"keras_hub would open it: pip install 'dlgenomics\[keras-hub\]'"):
        get_model("hf://lab/bert")


def test_esm_is_not_left_to_keras_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "keras_hub", module=FakeKerasHub())
    hub.publish("lab/esm", preset({**PRESET, "registered_name": "keras_hub>ESMBackbone"}))
    with pytest.raises(NoRouteError):
        plan_model("hf://lab/esm")


@pytest.mark.parametrize("inner", [
    {"class_name": "Lambda", "module": "keras.layers", "config": {}},
    {"class_name": "TFSMLayer", "module": "keras.layers", "config": {"filepath": "x"}},
    {"class_name": "function", "module": "os", "config": "system"},
    {"nested": json.dumps({"class_name": "Lambda", "config": {}})},
])
def test_a_preset_that_names_code_is_refused(hub: Hub, monkeypatch: pytest.MonkeyPatch, inner: Any) -> None:
    fake = FakeKerasHub()
    install(monkeypatch, "keras_hub", module=fake)
    hub.publish("lab/bert", preset(task__json={**PRESET, "config": {"deep": [inner]}}))
    with pytest.raises(UnsafeModelError, match="a description may name"):
        get_model("hf://lab/bert")
    assert not fake.asked


# ONNX


def _number(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes([*made, value])


def _field(number: int, value: bytes | int) -> bytes:
    """One field of a protocol buffer."""
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    return _number(number << 3 | 2) + _number(len(value)) + value


def onnx_graph(*, outside: str = "") -> bytes:
    """A graph of one operation, y = relu(x), x of shape (n, 3); or with an array that lies elsewhere."""
    def tensor(name: str) -> bytes:
        shape = b"".join(_field(1, one) for one in (_field(2, b"n"), _field(1, 3)))
        return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))

    node = _field(1, b"x") + _field(2, b"y") + _field(4, b"Relu")
    graph = _field(1, node) + _field(2, b"g") + _field(11, tensor("x")) + _field(12, tensor("y"))
    if outside:
        place = _field(1, b"location") + _field(2, outside.encode())
        graph += _field(5, _field(1, 3) + _field(2, 1) + _field(8, b"w") + _field(13, place) + _field(14, 1))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, 13))


def test_an_onnx_graph(hub: Hub) -> None:
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    hub.publish("lab/net", {"model.onnx": onnx_graph()})
    model = get_model("hf://lab/net")
    x = np.array([[-1, 0, 2], [3, -4, 5]], np.float64)
    np.testing.assert_array_equal(model.predict_on_batch(x), np.maximum(x, 0))
    assert (model.inputs, model.outputs) == ({"x": ("n", 3)}, {"y": ("n", 3)})
    np.testing.assert_array_equal(model.predict_on_batch({"x": x}), np.maximum(x, 0))


@pytest.mark.parametrize("outside", ["../../etc/passwd", "/etc/passwd", "other.bin"])
def test_an_onnx_graph_that_reads_other_files_is_refused(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, outside: str
) -> None:
    install(monkeypatch, "onnxruntime")
    hub.publish("lab/net", {"model.onnx": onnx_graph(outside=outside)})
    with pytest.raises(UnsafeModelError, match="files beside it only"):
        get_model("hf://lab/net")


def test_without_onnxruntime_the_extra_is_named(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "onnxruntime")
    hub.publish("lab/net", {"model.onnx": onnx_graph()})
    with pytest.raises(NoRouteError, match=r"onnxruntime would open it: pip install 'dlgenomics\[onnx\]'"):
        get_model("hf://lab/net")


# transformers


class FakeTransformers(types.ModuleType):
    """Stands for the package: notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__("transformers")
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

        def kind(name: str) -> Any:
            def from_pretrained(folder: str, **settings: Any) -> Any:
                self.asked.append((name, folder, settings))
                return types.SimpleNamespace(eval=lambda: "the model")

            return types.SimpleNamespace(from_pretrained=from_pretrained)

        self.AutoModel, self.AutoModelForMaskedLM, self.AutoTokenizer = (
            kind("model"), kind("masked"), kind("tokenizer"))


CUSTOM = {"config.json": json.dumps({"model_type": "hyena", "architectures": ["HyenaForMaskedLM"],
                                     "auto_map": {"AutoModel": "modeling_hyena.Hyena"}}).encode(),
          "modeling_hyena.py": b"open('/tmp/it-ran', 'w')", "model.safetensors": safetensors({"a": np.zeros(3)}),
          "pytorch_model.bin": b"x", "tokenizer.json": b"{}", "training_args.bin": b"x"}


def test_transformers_needs_trust_a_commit_and_its_packages(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeTransformers()
    install(monkeypatch, "transformers", "torch", module=fake)
    commit = hub.publish("lab/hyena", CUSTOM)
    plan = plan_model("hf://lab/hyena")
    assert (plan.route, plan.reason) == ("transformers", "There is no port here for hyena; transformers may know it.")
    assert [file.path for file in plan.files] == [
        "config.json", "model.safetensors", "modeling_hyena.py", "tokenizer.json"]
    with pytest.raises(NeedsTrustError, match=r"the Python files modeling_hyena\.py of its authors"):
        get_model("hf://lab/hyena")
    with pytest.raises(NotPinnedError):
        get_model("hf://lab/hyena", trust=True)
    assert fake.asked == []
    assert get_model(f"hf://lab/hyena@{commit}", trust=True).model == "the model"
    (name, folder, settings), (tokenizer, _, _) = fake.asked
    assert (name, tokenizer) == ("masked", "tokenizer")
    assert settings == {"trust_remote_code": True, "local_files_only": True}
    assert Path(folder).is_dir()


def test_transformers_itself(hub: Hub, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="needs the extra transformers")
    torch = pytest.importorskip("torch", reason="needs the extra transformers")
    made = transformers.DistilBertForMaskedLM(transformers.DistilBertConfig(
        vocab_size=12, dim=8, n_layers=1, n_heads=2, hidden_dim=16, max_position_embeddings=16)).eval()
    made.save_pretrained(tmp_path / "saved")
    (tmp_path / "saved" / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "c", "g", "t", "n", "x", "y"]))
    (tmp_path / "saved" / "tokenizer_config.json").write_text('{"tokenizer_class": "DistilBertTokenizer"}')
    commit = hub.publish("lab/distil", {p.name: p.read_bytes() for p in (tmp_path / "saved").iterdir()})
    model = get_model(f"hf://lab/distil@{commit}", trust=True)
    ids = np.array([[2, 5, 6, 3]])
    np.testing.assert_array_equal(model.predict_on_batch({"input_ids": ids})["logits"],
                                  made(torch.as_tensor(ids)).logits.detach().numpy())
    assert model.predict_on_batch(["a c g t", "a c"])["logits"].shape == (2, 6, 12)


def test_code_that_is_not_there_is_not_trusted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A config may name code in another repository: it is not fetched, and not allowed to be."""
    fake = FakeTransformers()
    install(monkeypatch, "transformers", "torch", module=fake)
    files = {name: content for name, content in CUSTOM.items() if not name.endswith(".py")}
    commit = hub.publish("lab/hyena", files)
    get_model(f"hf://lab/hyena@{commit}", trust=True)
    assert fake.asked[0][2]["trust_remote_code"] is False


def test_without_transformers_the_extra_is_named(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "transformers", "torch")
    commit = hub.publish("lab/hyena", CUSTOM)
    with pytest.raises(NoRouteError, match=r"transformers and torch would open it: pip install 'dlgenomics\[transformers\]'"):
        get_model(f"hf://lab/hyena@{commit}", trust=True)


def test_trust_does_not_open_pickles(hub: Hub, tmp_path: Path) -> None:
    from hub_models import evil_pickle

    commit = hub.publish("lab/evil", {"model.pkl": evil_pickle(tmp_path / "it-ran")})
    with pytest.raises(DlgError, match="Unpickling can run any code"):
        get_model(f"hf://lab/evil@{commit}", trust=True)
    assert not (tmp_path / "it-ran").exists()
