"""The command ``dlg show``."""

from __future__ import annotations

import dataclasses

import click

from dlgenomics_cli.donors import package_folder
from dlgenomics_cli.example import example
from dlgenomics_cli.output import json_option, show_json, show_table
from dlgenomics_cli.output import show as show_text


@click.command(epilog=example("dlg show dragonn/tal1"))
@click.argument("spec", required=False)
@click.option("--schema", "topic", is_flag=False, flag_value="", metavar="[TOPIC]",
              help="Print the JSON Schema of specs, for editors; with TOPIC (spec, "
              "data.inputs.dna, Conv1D, Adam, training) say what may be written there.")
@json_option
def show(spec: str | None, topic: str | None, as_json: bool) -> None:
    """Show a spec's layers, shapes, parameters, receptive field and initializers.

    SPEC is a YAML file or the name of a built-in spec; without it, the built-in specs are listed.
    Starts no TensorFlow and allocates nothing.
    """
    if topic == "":
        _show_schema()
    elif topic is not None:
        _show_topic(topic, as_json=as_json)
    elif spec is None:
        _list_specs(as_json=as_json)
    else:
        _show_layers(spec, as_json=as_json)


def _list_specs(*, as_json: bool) -> None:
    from dlgenomics.registry import registry
    from dlgenomics.spec import summarize

    specs = [registry[name].load() for name in registry]
    rows = [(s.name, s.task, summarize(s).parameters, s.description) for s in specs]
    header = ["spec", "task", "parameters", "description"]
    if as_json:
        show_json([dict(zip(header, row, strict=True)) for row in rows])
    else:
        show_table(header, [(name, task, f"{n:,}", text) for name, task, n, text in rows])


def _show_schema() -> None:
    from dlgenomics.spec.schema import json_schema

    show_json(json_schema())


def _show_topic(topic: str, *, as_json: bool) -> None:
    from dlgenomics.spec.schema import topic_help

    found = topic_help(topic)
    if as_json:
        show_json(dataclasses.asdict(found))
        return
    show_text(f"{found.topic} ({found.type})" if found.type else found.topic)
    show_text(found.description)
    if found.fields:
        show_text("")
        rows = [(f.name, f.type, "(must be written)" if f.required else f.default, f.description)
                for f in found.fields]
        show_table(["name", "type", "default", "meaning"], rows)


def _show_layers(spec: str, *, as_json: bool) -> None:
    from dlgenomics.registry import registry
    from dlgenomics.spec import summarize

    loaded = registry[spec].load(package_folder)
    summary = summarize(loaded)
    if as_json:
        rows = [dataclasses.asdict(layer) for layer in summary.layers]
        show_json({"name": loaded.name, "layers": rows, "parameters": summary.parameters,
                   "trainable": summary.trainable})
        return
    show_text(f"{loaded.name}: {loaded.description}\n")
    header = ["layer", "kind", "output shape", "parameters", "receptive field", "initializer"]
    rows_shown = [
        (layer.name, layer.kind, _shape(layer.shape), f"{layer.parameters:,}",
         "all" if layer.receptive_field is None else f"{layer.receptive_field} bp",
         layer.initializer)
        for layer in summary.layers
    ]
    show_table(header, rows_shown)
    show_text(f"\n{summary.parameters:,} parameters, {summary.trainable:,} trainable")


def _shape(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join(["batch", *("any" if n is None else str(n) for n in shape)]) + ")"
