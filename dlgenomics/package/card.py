"""The model card: README.md of a package, for people and for the Hugging Face Hub."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlgenomics.package.front_matter import HUB, front_matter
from dlgenomics.predict.schema import schema_of
from dlgenomics.spec.dump import dump_yaml
from dlgenomics.spec.metrics import metric_fact
from dlgenomics.spec.summary import summarize
from dlgenomics.spec.types import Spec


def model_card(spec: Spec, training: Mapping[str, Any], command: str, *,
               own_classes: Sequence[str] = (), address: str = "") -> str:
    """Return the card's Markdown.

    Args:
        spec: the resolved spec.
        training: the package's training record, with ``metrics`` by part, target and name.
        command: what makes the package.
        own_classes: the layers of dlgenomics in it, without which Keras alone can load it.
        address: what `get_model` finds it by. Default: its name.
    """
    front = dump_yaml(front_matter(spec, training))
    parts = [
        f"---\n{front}---\n",
        f"# {spec.name}\n",
        spec.description,
        _about(spec),
        _arrays(spec),
        _use(spec, address or spec.name, own_classes),
        _metrics(training),
        _calibration(training),
        _origins(spec, training),
        _origin(training),
        _making(spec, training, command),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def own_classes(folder: Path) -> list[str]:
    """Return the classes of dlgenomics without which Keras cannot load a package."""
    config = (folder / "config.json").read_text("utf-8")
    return sorted(set(re.findall(r'"registered_name": "dlgenomics>(\w+)"', config)))


def _about(spec: Spec) -> str:
    rows = [
        ("Licence", spec.license), ("Citation", spec.cite), ("Version", spec.info.version),
        ("Authors", ", ".join(a.name for a in spec.info.authors)),
        ("Trained on", spec.info.trained_on),
        ("Parameters", f"{summarize(spec).parameters:,}"),
    ]
    lines = [f"- **{title}**: {' '.join(value.split())}" for title, value in rows if value]
    return "\n".join(lines) + (f"\n\n{spec.info.doc}" if spec.info.doc else "")


def _arrays(spec: Spec) -> str:
    schema = schema_of(spec.data)
    lines = ["## What goes in and what comes out", ""]
    for name, one in schema.inputs.items():
        lines.append(f"- input `{name}`: (batch, {_sizes(one.shape)}), {one.doc}")
    for name, one in schema.targets.items():
        shown = ", ".join(one.column_labels[:8]) + (" …" if len(one.column_labels) > 8 else "")
        names = f": {shown}" if shown else ""
        lines.append(f"- output `{name}`: (batch, {_sizes(one.shape)}), {one.doc}{names}")
    return "\n".join(lines)


def _sizes(shape: tuple[int | None, ...]) -> str:
    return ", ".join("tokens" if n is None else str(n) for n in shape)


def _use(spec: Spec, name: str, own_classes: Sequence[str]) -> str:
    call, command = _calls(spec, name)
    return f"""## Use

```python
from dlgenomics import get_model
model = get_model("{name}")
{call}
```

```
{command}
```

{_with_keras(name, own_classes)}"""


def _calls(spec: Spec, name: str) -> tuple[str, str]:
    """Return what feeds it in Python, and on the command line."""
    if any(one.kind == "tokens" for one in spec.data.inputs.values()):
        return ('model.predict_on_batch(["ACGT"])["pooled"]',
                f"dlg embed {name} --sequences sequences.fa -o embeddings.parquet")
    return ('model.predict_on_batch(x)\nmodel.pipeline.predict('
            'dict(fasta_file="genome.fa", intervals_file="intervals.bed"))',
            f"dlg predict {name} --fasta genome.fa --intervals intervals.bed -o predictions.tsv")


def _with_keras(name: str, own_classes: Sequence[str]) -> str:
    """Say how Keras loads it, and what it needs for that."""
    call = f'`keras.saving.load_model("{name if name.startswith(HUB) else "folder"}")`'
    if not own_classes:
        return f"It is also a model of Keras, which loads it without dlgenomics: {call}."
    layers = ", ".join(f"`{one}`" for one in own_classes)
    return (f"It is also a model of Keras: {call} loads it after `import dlgenomics.build`, where "
            f"its layers {layers} are defined.")


def _metrics(training: Mapping[str, Any]) -> str:
    lines = []
    for part, targets in training.get("metrics", {}).items():
        for target, values in targets.items():
            shown = ", ".join(f"{metric_fact(name).title} {value:.4f}"
                              for name, value in values.items() if value is not None)
            lines.append(f"- {part}, `{target}`: {shown}")
    return "\n".join(["## Results", "", *lines]) if lines else ""


def _calibration(training: Mapping[str, Any]) -> str:
    lines = []
    for target, found in training.get("calibration", {}).items():
        errors = [f"{part} {found['before'][part]['ece']:.3f} before, {after['ece']:.3f} after"
                  for part, after in found["after"].items() if after["ece"] is not None]
        lines.append(f"- `{target}`: {found['method']}, fitted on the {found['fitted_on']} set; "
                     f"expected calibration error {'; '.join(errors)}")
    return "\n".join(["## Calibration", "", *lines]) if lines else ""


def _origins(spec: Spec, training: Mapping[str, Any]) -> str:
    """Name the models that gave weights, or those that are averaged."""
    if "members" in training:
        lines = [f"- {one['name']}, SHA-256 of its model.yaml `{one['sha256']}`"
                 for one in training["members"]]
        return "\n".join([f"## The average of {len(lines)} models", "", *lines])
    lines = [f"- {one.model}, SHA-256 of its model.yaml `{one.sha256}`"
             for one in spec.training.pretrained]
    return "\n".join(["## Initial weights from", "", *lines]) if lines else ""


def _origin(training: Mapping[str, Any]) -> str:
    """Say where an imported model comes from and what was translated."""
    origin = training.get("imported", {})
    if not origin:
        return ""
    facts = {"Source": origin.get("source"), "Model": origin.get("model"),
             "Port": origin.get("port"), "Keras": origin.get("keras_version")}
    lines = [f"- **{title}**: {value}" for title, value in facts.items() if value]
    lines += [f"- **Address**: {url}" for url in origin.get("urls", ())]
    lines += [f"- **File**: {name}, sha256 {digest}"
              for name, digest in origin.get("files", {}).items()]
    notes = [f"- {note}" for note in training.get("notes", ())]
    changes = ["", "What was translated or guessed:", "", *notes] if notes else []
    return "\n".join(["## Where it comes from", "", *lines, *changes])


def _making(spec: Spec, training: Mapping[str, Any], command: str) -> str:
    if "imported" in training:
        return f"## How it was made\n\nNot trained here, but translated:\n\n```\n{command}\n```"
    split = ", ".join(f"{n:,} {part}" for part, n in training.get("split", {}).items())
    epochs = training.get("epochs")
    kept = f"{epochs} epochs, epoch {training.get('best_epoch')} kept. " if epochs else ""
    trained = "" if "members" in training else (
        f"{kept}Examples: {split or 'not recorded'}. Seed {spec.training.seed}. ")
    return (f"## How it was made\n\n{trained}The spec, versions and hashes are in `model.yaml`.\n\n"
            f"```\n{command}\n```")
