"""What every loader does with its rows: order, batches, reading ahead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dlgenomics.errors import DlgError
from dlgenomics.predict.loaders.ahead import in_order
from dlgenomics.predict.loaders.loader import Loader
from dlgenomics.predict.loaders.opening import open_loader, own_dataloader
from dlgenomics.spec.inputs import DnaInput, NumericInput

DNA = {"dna": DnaInput(kind="dna", length=6)}
ROWS = [("chr1", 3 * i, 3 * i + 6, f"i{i}", "+-."[i % 3]) for i in range(11)]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    letters = np.random.default_rng(2).choice(list("ACGTN"), 60)
    (tmp_path / "g.fa").write_text(">chr1\n" + "".join(letters) + "\n")
    (tmp_path / "i.bed").write_text(
        "".join(f"{c}\t{s}\t{e}\t{n}\t0\t{d}\n" for c, s, e, n, d in ROWS))
    return {"fasta_file": tmp_path / "g.fa", "intervals_file": tmp_path / "i.bed"}


@pytest.fixture
def loader(files: dict[str, Path]) -> Loader:
    return open_loader(DNA, files)


@pytest.mark.parametrize("size", [1, 4, 11, 50])
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_rows_come_in_order_and_once(loader: Loader, size: int, workers: int) -> None:
    parts = list(loader.array_batches(size, workers))
    assert np.concatenate([rows for rows, _ in parts]).tolist() == list(range(11))
    together = np.concatenate([arrays["dna"] for _, arrays in parts])
    assert np.array_equal(together, loader.load_all()["inputs"])
    batches = list(loader.batch_iter(size, num_workers=workers))
    assert [len(batch["inputs"]) for batch in batches] == [len(rows) for rows, _ in parts]
    assert np.array_equal(np.concatenate([batch["inputs"] for batch in batches]), together)


def test_shuffled_rows_keep_what_belongs_to_them(loader: Loader) -> None:
    whole = loader.load_all()
    batches = list(loader.batch_iter(4, shuffle=True, num_workers=1))
    order = np.concatenate([batch["metadata"]["ranges"]["id"] for batch in batches]).astype(int)
    assert sorted(order) == list(range(11))
    found = np.concatenate([batch["inputs"] for batch in batches])
    assert np.array_equal(found, whole["inputs"][order])
    starts = np.concatenate([batch["metadata"]["ranges"].start for batch in batches])
    assert np.array_equal(starts, whole["metadata"]["ranges"].start[order])
    others = [next(loader.batch_iter(11, shuffle=True))["metadata"]["ranges"].id.tolist()
              for _ in range(4)]
    assert any(other != others[0] for other in others)


def test_the_last_batch_may_be_left_out(loader: Loader) -> None:
    assert [len(b["inputs"]) for b in loader.batch_iter(4, drop_last=True)] == [4, 4]
    assert [len(b["inputs"]) for b in loader.batch_iter(11, drop_last=True)] == [11]


def test_two_iterators_read_at_once(loader: Loader) -> None:
    pairs = list(zip(loader.batch_iter(1, num_workers=2), loader.batch_iter(1, num_workers=2),
                     strict=True))
    assert len(pairs) == 11
    assert all(np.array_equal(a["inputs"], b["inputs"]) for a, b in pairs)


def test_reading_ahead_goes_no_further_than_asked_and_ends_with_its_reader() -> None:
    made: list[int] = []
    before = threading.active_count()
    parts: Iterator[int] = in_order(lambda part: made.append(part) or part, range(100), 3)
    assert next(parts) == 0
    parts.close()
    assert max(made) <= 3
    assert threading.active_count() == before


def test_an_error_while_reading_ahead_is_the_readers() -> None:
    def make(part: int) -> float:
        return 1 / (2 - part)

    parts = in_order(make, range(5), 2)
    assert next(parts) == 0.5
    assert next(parts) == 1
    with pytest.raises(ZeroDivisionError):
        next(parts)


def test_an_own_dataloader_lists_what_it_takes(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    makes = own_dataloader(DNA)
    makes.print_args()
    printed = capsys.readouterr().out
    assert "fasta_file:\n    doc: the genome: FASTA, plain or bgzip, or 2bit\n    required\n" in printed
    assert "sequences_file:" in printed
    assert makes.get_output_schema().inputs.shape == (6, 4)
    assert makes.get_output_schema().targets is None
    assert len(makes(**files)) == 11
    with pytest.raises(DlgError, match="only dataloaders of Kipoi's models have example files"):
        makes.init_example()
    numbers = own_dataloader({"x": NumericInput(kind="numeric", columns=["a"])})
    assert list(numbers.args) == ["table_file"]
    assert list(numbers.get_output_schema().metadata) == ["id"]


def test_own_intervals_have_no_targets_to_train_on(loader: Loader) -> None:
    with pytest.raises(DlgError, match="Received: none"):
        next(loader.batch_train_iter())
