"""How ``info`` describes a model in Kipoi's form."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlgenomics_zoo.catalogue import Location
    from dlgenomics_zoo.kipoi.descriptor import Array, Dataloader, Descriptor, Person, Schema
    from dlgenomics_zoo.kipoi.standing import Standing

_FEW = 6


def kipoi_facts(location: Location, one: Descriptor) -> dict[str, Any]:
    """Return a model's facts in the order in which a person reads them."""
    from dlgenomics_zoo.kipoi.files import licence_text
    from dlgenomics_zoo.kipoi.standing import about, framework_of, standing_of

    standing = standing_of(one)
    return {
        "model": location.name,
        "description": about(one),
        "status": _status(standing),
        "feeding": standing.feeding_reason or "by our own loader",
        **_numbered("note", (*standing.warnings, *one.problems)),
        "licence": licence_text(one),
        "citation": one.cite,
        "authors": _people(one.authors),
        "contributors": _people(one.contributors),
        "trained on": one.trained_on,
        "tags": ", ".join(one.tags),
        "framework": f"{framework_of(one)} ({one.defined_as})",
        "needed then": ", ".join(one.requirements),
        "input": _schema(one.inputs),
        "output": _schema(one.targets),
        "dataloader": _dataloader(one.dataloader),
        **_numbered("file", tuple(_files(one))),
        "test": _test(one),
        "version": one.version,
        "source": _source(location, one),
    }


def kipoi_data(location: Location, one: Descriptor) -> dict[str, Any]:
    """Return everything about a model as plain data, with the place of each file in the cache."""
    from dlgenomics_zoo.kipoi.files import place_by_hand
    from dlgenomics_zoo.kipoi.standing import about, framework_of, standing_of

    data = dataclasses.asdict(one)
    data["files"] = [{**dataclasses.asdict(file), "path": str(place_by_hand(file) or "")}
                     for file in one.files]
    return {**data, "name": location.name, "source": location.source, "group": one.group,
            "framework": framework_of(one), "description": about(one),
            "standing": dataclasses.asdict(standing_of(one))}


def _numbered(name: str, values: Sequence[str]) -> dict[str, str]:
    """Return one fact for each value, numbered where there are several."""
    if len(values) == 1:
        return {name: values[0]}
    return {f"{name} {number}": value for number, value in enumerate(values, 1)}


def _status(standing: Standing) -> str:
    how = f"{standing.status}, with {standing.loader}" if (
        standing.status == "native") else standing.status
    return ". ".join(part for part in (how, standing.reason.rstrip("."), standing.todo) if part)


def _people(people: Sequence[Person]) -> str:
    return ", ".join(one.name for one in people)


def _schema(schema: Schema) -> str:
    return "; ".join(_array(one) for one in schema.arrays[:_FEW]) + (
        f"; … ({len(schema.arrays)} arrays)" if len(schema.arrays) > _FEW else "")


def _array(array: Array) -> str:
    lengths = ("batch", *("any" if n is None else str(n) for n in array.shape or ()))
    shape = f"({', '.join(lengths)})" if array.shape is not None else "of unknown shape"
    labels = ", ".join(array.labels[:_FEW]) + (
        f" … ({len(array.labels)})" if len(array.labels) > _FEW else "")
    about = ", ".join(part for part in (array.special_type, array.doc) if part)
    words = (array.path or array.name, shape, f"{about}" if about else "",
             f"[{labels}]" if labels else "")
    return " ".join(word for word in words if word)


def _dataloader(loader: Dataloader) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in loader.default_args.items())
    takes = ", ".join(f"[{one.name}]" if one.optional else one.name for one in loader.arguments)
    own = f" of {loader.own}" if loader.own else ""
    return f"{loader.defined_as}{own}({given or takes})"


def _files(one: Descriptor) -> Iterator[str]:
    from dlgenomics_zoo.kipoi.files import place_by_hand

    for file in one.files:
        proof = f"md5 {file.md5}" if file.md5 else f"sha256 {file.sha256}" * bool(file.sha256)
        place = place_by_hand(file)
        where = f"\n{'':10}by hand: {place}" if place else ""
        yield f"{file.role}: {file.url}\n{'':10}{proof or 'no checksum'}{where}"


def _test(one: Descriptor) -> str:
    if one.expectation is None:
        return ""
    return f"predictions to {one.precision} decimals: {one.expectation.url}"


def _source(location: Location, one: Descriptor) -> str:
    from dlgenomics_zoo.kipoi.index import kipoi_index

    if location.source != "kipoi":
        return f"{location.source}, {one.path}"
    origin = kipoi_index().origin
    return f"{origin.url} at {origin.commit[:12]} ({origin.date}), {one.path}"
