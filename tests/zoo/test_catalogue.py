"""All models by name: filters, order, near matches, and the price of a listing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlgenomics.errors import DlgError, ModelNotFoundError
from dlgenomics_zoo.catalogue import (
    NotPackagedError,
    find_model,
    kipoi_descriptor,
    list_models,
    locate,
    model_manifest,
)

Dlg = Callable[..., tuple[int, str, str]]


def test_packages_come_first_then_kipoi_by_name_then_those_in_wheels() -> None:
    names = [entry.name for entry in list_models()]
    assert names[0] == "dragonn/tal1"
    assert names[1:2177] == sorted(names[1:2177])
    assert names[2177:2183] == [*(f"spliceai/{i}" for i in range(1, 6)), "mmsplice/Acceptor"]
    assert len(names) == 2177 + 22


def test_models_in_wheels_show_their_licence(run_dlg: Dlg) -> None:
    for name in ("spliceai/1", "pypi:spliceai/1"):
        status, out, _ = run_dlg("info", name)
        assert (status, "NO COMMERCIAL USE: CC BY-NC 4.0" in out) == (0, True)
        assert "pypi:spliceai==1.3.1/spliceai/models/spliceai1.h5" in out
    assert run_dlg("info", "spliceai")[0] == 1


@pytest.mark.parametrize(("filters", "count"), [
    ({"group": "deepbind"}, 927),
    ({"group": "Basset"}, 1),
    ({"framework": "tensorflow"}, 31),
    ({"status": "gone"}, 927),
    ({"source": "built-in"}, 1),
    ({"source": "kipoi", "status": "native", "framework": "pytorch"}, 59),
    ({"tag": "splicing", "group": "MMSplice", "source": "kipoi"}, 5),
    ({"source": "pypi", "group": "spliceai", "status": "native"}, 5),
    ({"query": "HOCOMOCO gata"}, 6),
    ({"query": "no such thing"}, 0),
    ({"group": "nothing"}, 0),
])
def test_filters(filters: dict[str, str], count: int) -> None:
    found = list_models(**filters)
    assert len(found) == count


def test_an_unknown_source_has_a_near_match() -> None:
    with pytest.raises(DlgError, match=r"one of local, built-in, kipoi\b.* Did you mean 'kipoi'"):
        list_models(source="kipoy")


def test_a_kipoi_name_leads_to_its_descriptor() -> None:
    assert locate("Basset").source == "kipoi"
    assert kipoi_descriptor("DeepSEA/predict").name == "DeepSEA/predict"
    with pytest.raises(NotPackagedError, match=r"'Basset', a model of kipoi.*\(native\)") as caught:
        find_model("Basset")
    assert caught.value.next_step == "dlg info Basset"
    with pytest.raises(NotPackagedError, match="not a neural network"):
        model_manifest("HAL")
    with pytest.raises(ModelNotFoundError):
        kipoi_descriptor("dragonn/tal1")


@pytest.mark.parametrize(("word", "near"), [
    ("basset", "Basset"),
    ("DeepSea/predikt", "DeepSEA/predict"),
    ("pwm_HOCOMOCO/human/AHRR2", "pwm_HOCOMOCO/human/AHR"),
    ("DeepBind/Homo_sapiens/TF/D00817.001_ChIP-seq_TPB", "DeepBind/Homo_sapiens/TF/D00817.001_ChIP-seq_TBP"),
])
def test_near_matches(word: str, near: str) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        locate(word)
    assert caught.value.near == near


def test_a_group_is_no_model_but_can_be_listed() -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        locate("DeepBind")
    assert caught.value.next_step == "dlg ls --group DeepBind"


def test_ls_folds_large_groups(run_dlg: Dlg) -> None:
    status, out, err = run_dlg("ls")
    rows = {line.split("\t")[0]: line.split("\t") for line in out.splitlines()}
    assert status == 0
    assert len(rows) < 60
    assert rows["DeepBind (927 models)"][1:4] == ["kipoi", "keras", "gone"]
    assert rows["CpGenie (51 models)"][3] == "native"
    assert rows["APARENT (2 models)"][3] in ("native 1, portable 1", "portable 1, native 1")
    assert rows["Basset"][3] == "native"
    assert "2,199 models" in err


def test_ls_unfolds_when_asked_or_few(run_dlg: Dlg) -> None:
    assert len(run_dlg("ls", "--group", "DeepBind")[1].splitlines()) == 928
    assert len(run_dlg("ls", "--all")[1].splitlines()) == 2200
    assert len(run_dlg("ls", "--tsv")[1].splitlines()) == 2200
    found = json.loads(run_dlg("ls", "hocomoco", "GATA", "--json")[1])
    assert {one["name"] for one in found} == {f"pwm_HOCOMOCO/human/GATA{n}" for n in range(1, 7)}
    assert len(run_dlg("ls", "hocomoco", "GATA")[1].splitlines()) == 7


@pytest.mark.parametrize(("name", "words"), [
    ("Basset", ["native, with port-basset", "(batch, 4, 600, 1)", "md5 4878981d84499eb575abd0f3b45570d3", "by hand: "]),
    ("DeepBind/Homo_sapiens/TF/D00817.001_ChIP-seq_TBP", ["gone", "kipoi/kipoi#695", "sandbox.zenodo.org", "DLG_MIRROR"]),
    ("DeepSEA/beluga", ["NO COMMERCIAL USE", "alphabet='AGCT'", "(2002)"]),
    ("rbp_eclip/AARS", ["Python code of its own", "position_transformer_file"]),
    ("labranchor", ["NO COMMERCIAL USE: CC BY-NC 4.0"]),
    ("MMSplice/deltaLogitPSI", ["portable", "not stated"]),
])
def test_info_says_what_and_why(run_dlg: Dlg, name: str, words: list[str]) -> None:
    status, out, _ = run_dlg("info", name)
    assert status == 0
    for word in words:
        assert word in out


def test_info_as_json(run_dlg: Dlg) -> None:
    data = json.loads(run_dlg("info", "Basset", "--json")[1])
    assert data["standing"]["loader"] == "port-basset"
    assert data["files"][0]["path"].endswith("4878981d84499eb575abd0f3b45570d3/pretrained_model_reloaded_th.pth")
    assert len(data["targets"]["arrays"][0]["labels"]) == 164


def test_every_model_can_be_described() -> None:
    from dlgenomics_cli.kipoi import kipoi_data, kipoi_facts

    for entry in list_models(source="kipoi"):
        location = locate(entry.name)
        one = kipoi_descriptor(entry.name)
        assert kipoi_facts(location, one)["status"].startswith(entry.status)
        assert json.dumps(kipoi_data(location, one))


def test_the_whole_listing_takes_under_half_a_second(tmp_path: Path) -> None:
    code = ("import time; from dlgenomics_cli import main\n"
            "try: main(['ls', '--tsv'])\n"
            "except SystemExit: pass\n"
            "import sys; sys.stderr.write(str(time.process_time()))")
    # Compiled once, as in an installation; the best counts, for other work is not the listing's.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    spent = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                  check=True, env=environment).stderr) for _ in range(4)]
    assert min(spent) < 0.5


def test_a_listing_imports_no_specs() -> None:
    """The types of specs take longer to make than all models take to list."""
    code = ("import sys; from dlgenomics_cli import main\n"
            "try: main(['ls', '--tsv'])\nexcept SystemExit: pass\n"
            "assert not {'pydantic', 'dlgenomics.spec', 'numpy'} & set(sys.modules)")
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)


def test_sources_by_command(run_dlg: Dlg, tmp_path: Path) -> None:
    from kipoi_zoo import write_zoo

    zoo = write_zoo(tmp_path / "zoo")
    assert "No source was added" in run_dlg("source", "ls")[2]
    status, out, err = run_dlg("source", "add", "lab", zoo)
    assert (status, "lab: 3 models" in out, "dlg ls --source lab" in err) == (0, True, True)
    assert run_dlg("source", "ls")[1].splitlines()[1].split("\t") == ["lab", "folder", str(zoo), "dlgenomics"]
    assert json.loads(run_dlg("source", "ls", "--json")[1])[0]["name"] == "lab"
    assert "lab:Plain" in run_dlg("ls", "--source", "lab")[1]
    assert "NO COMMERCIAL USE" in run_dlg("info", "lab:Plain")[1]
    assert run_dlg("source", "update", "lab")[1] == "lab: 3 models\n"
    assert run_dlg("source", "rm", "lab")[0] == 0
    assert run_dlg("source", "rm", "lab")[0] == 1


def test_a_source_that_cannot_be_had_is_not_added(run_dlg: Dlg, tmp_path: Path) -> None:
    status, _, err = run_dlg("source", "add", "lab", (tmp_path / "none").as_uri())
    assert (status, "git must be able to fetch" in err) == (1, True)
    assert "No source was added" in run_dlg("source", "ls")[2]
