"""The command ``dlg explain``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dlgenomics_cli.example import example
from dlgenomics_cli.inputs import input_options, open_inputs, say_skipped
from dlgenomics_cli.output import (
    json_option,
    progress,
    show_facts,
    show_json,
    starting_tensorflow,
)

if TYPE_CHECKING:
    from dlgenomics.explain.attribution import Method
    from dlgenomics.explain.contributions import Contributions
    from dlgenomics.explain.point import On
    from dlgenomics.spec.types import Spec

_METHODS = ("ism", "gradient", "gradient-x-input", "ig", "expected-gradients", "smoothgrad",
            "deeplift", "attention")


@click.command(epilog=example(
    "dlg explain dragonn/tal1 --method deeplift --references shuffles:5 --fasta genome.fa "
    "--intervals peaks.bed -o scores.h5 --page logos.html"))
@click.argument("name")
@click.option("--method", type=click.Choice(_METHODS), default="deeplift", show_default=True,
              help="How bases are scored; see above.")
@click.option("--references", metavar="WHAT", help="What sequences are compared with (ig, "
              "expected-gradients, deeplift): zero, gc (each sequence's own GC content), gc:0.41, "
              "or shuffles:5, which keep dinucleotides.  [default: shuffles:10; "
              "expected-gradients: shuffles:20]")
@click.option("--steps", type=click.IntRange(1), help="Midpoints on each way (ig).  [default: 50]")
@click.option("--samples", type=click.IntRange(1), help="Gradients for each sequence "
              "(expected-gradients, smoothgrad).  [default: 200, 50]")
@click.option("--noise", type=click.FloatRange(0), help="Standard deviation of the noise "
              "(smoothgrad).  [default: 0.15]")
@click.option("--seed", type=int, default=1, show_default=True, help="Of shuffles and samples.")
@click.option("--target", metavar="COLUMN", help="The column of the output that is explained, or "
              "with --layer the number of a unit from 0.")
@click.option("--layer", help="Explain a unit of this layer instead of the output.")
@click.option("--on", type=click.Choice(["logit", "output"]), default="logit", show_default=True,
              help="Explain what comes before the last activation, or after it.")
@input_options
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True,
              help="A file that ends in .h5 or .npz (as TF-MoDISco-lite reads them), .bw (bigWig) "
              "or .html (a page of logos).")
@click.option("--page", type=click.Path(path_type=Path), help="A page of sequence logos too.")
@click.option("--picture", type=click.Path(path_type=Path), help="The first sequence as a picture, "
              ".png or .svg: locus, logo and a heat map of every letter.")
@click.option("--annotate", type=click.Path(), help="BED of what is marked in the picture, such as "
              "genes or motifs.")
@click.option("--allow-n", is_flag=True, help="N contributes nothing, instead of being refused; "
              "so does what --pad fills up.")
@click.option("--batch-size", type=click.IntRange(1), default=128, show_default=True,
              help="Rows that go through the network at once.")
@json_option
def explain(name: str, method: str, references: str | None, seed: int, target: str | None,
            layer: str | None, on: On, files: dict[str, Any], output: Path, page: Path | None,
            picture: Path | None, annotate: str | None, allow_n: bool, batch_size: int,
            as_json: bool, **settings: float | None) -> None:
    """Say how much each base contributes to a prediction.

    NAME is a name that `dlg ls` lists, or a package's folder. By default the score before the last
    activation is explained, such as the logit before a sigmoid; the output says which.

    \b
    ism                 replace each base by the three others; less the mean of the four
    gradient            the gradient, less its mean over the four letters
    gradient-x-input    the gradient at the base that is there
    ig                  integrated gradients: mean gradient on the way from a reference
    expected-gradients  many references, one random place on the way from each
    smoothgrad          gradient x input, the gradient averaged over noisy copies
    deeplift            differences from a reference, followed back; adds up exactly
    attention           where layers with attention look; no sign, the same for all targets
    """  # noqa: D301 - the mark of click for lines that stay as they are
    from dlgenomics_zoo.catalogue import model_manifest

    made = _method(method, references, seed, settings)
    _check_outputs(output, page, in_genome="fasta_file" in files)
    _check_picture(picture, annotate)
    # All that can be wrong with names and files is found before TensorFlow takes its seconds.
    manifest, _, _ = model_manifest(name)
    _check_number(manifest.spec, method, target, layer, on)
    with progress() as following:
        loader = open_inputs(manifest.spec.data.inputs, files, following)
    with starting_tensorflow():
        from dlgenomics.explain.explaining import explain_loader
        from dlgenomics.predict.skipped import note_skipped
        from dlgenomics_zoo.client import get_model

        model = get_model(name)
    with progress() as following:
        found = explain_loader(model, loader, made, target=target, layer=layer, on=on,
                               allow_n=allow_n, batch_size=batch_size, progress=following)
    written = _write(found, output, page, files.get("fasta_file"))
    note_skipped(output, loader.skipped)
    say_skipped(loader, str(output))
    if picture is not None:
        written.append(_draw(found, picture, annotate))
    _report(found, written, as_json)


def _method(name: str, references: str | None, seed: int,
            settings: Mapping[str, float | None]) -> Method:
    """Return the method with the settings that were given, and the seed where it has one."""
    from dlgenomics.explain.methods import METHODS, make_method, settings_of
    from dlgenomics.explain.references import parse_references

    chosen: dict[str, Any] = {key: value for key, value in settings.items() if value is not None}
    if "references" in settings_of(name) or references is not None:
        text = references if references is not None else str(METHODS[name]().references)
        chosen["references"] = parse_references(text, seed)
    if "seed" in settings_of(name):
        chosen["seed"] = seed
    return make_method(name, **chosen)


def _check_outputs(output: Path, page: Path | None, *, in_genome: bool) -> None:
    from dlgenomics.explain.writers import check_ending, needs_intervals

    if not _is_page(output):
        check_ending(output)
        if needs_intervals(output) and not in_genome:
            raise click.UsageError("a bigWig needs --fasta with --intervals.")
    if page is not None and not _is_page(page):
        raise click.UsageError(f"--page names a file that ends in .html. Received: {page.name}.")


def _check_picture(picture: Path | None, annotate: str | None) -> None:
    if picture is not None and picture.suffix.lower() not in (".png", ".svg"):
        raise click.UsageError("--picture names a file that ends in .png or .svg. Received: "
                               f"{picture.name}.")
    if annotate is not None and picture is None:
        raise click.UsageError("--annotate needs --picture, which it marks.")


def _draw(found: Contributions, picture: Path, annotate: str | None) -> Path:
    from dlgenomics.data.intervals import read_intervals
    from dlgenomics.report.locus import boxes_of, write_locus

    boxes = [] if annotate is None else boxes_of(found, 0, read_intervals(annotate))
    return write_locus(picture, found, 0, boxes)


def _check_number(spec: Spec, method: str, target: str | None, layer: str | None,
                  on: On) -> None:
    """Refuse a model, number or method that cannot be explained."""
    from dlgenomics.explain.attention_layers import find_attention
    from dlgenomics.explain.point import find_point
    from dlgenomics.explain.rules import check_rules
    from dlgenomics.explain.substrate import find_substrate

    explained = find_substrate(spec)
    point = find_point(spec, target, layer, on)
    if method == "deeplift":
        check_rules(spec, point, explained)
    if method == "attention":
        find_attention(spec, point, explained)


def _write(found: Contributions, output: Path, page: Path | None,
           fasta: str | None) -> list[Path]:
    from dlgenomics.data.genome import Genome
    from dlgenomics.explain.writers import write_contributions
    from dlgenomics.report.contributions import write_logos

    files = []
    if not _is_page(output):
        lengths = Genome(fasta).lengths if fasta is not None else None
        files += write_contributions(output, found, lengths)
    for path in (output, page):
        if path is not None and _is_page(path):
            files.append(write_logos(path, found))
    return files


def _is_page(path: Path) -> bool:
    return path.suffix.lower() in (".html", ".htm")


def _report(found: Contributions, files: list[Path], as_json: bool) -> None:
    facts = {"model": found.model, "explained": found.quantity, "method": found.method,
             "sequences": len(found), "largest gap": found.largest_gap,
             "files": [str(path) for path in files]}
    if as_json:
        show_json({key.replace(" ", "_"): value for key, value in facts.items()})
        return
    show_facts({**facts, "files": ", ".join(map(str, files)), "largest gap":
                "none: these scores do not add up to a difference" if found.largest_gap is None
                else f"{found.largest_gap:.2g}"})
