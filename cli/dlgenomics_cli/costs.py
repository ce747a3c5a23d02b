"""What ``dlg predict --dry-run`` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlgenomics_cli.output import show_facts, show_json, size_text

if TYPE_CHECKING:
    from dlgenomics.predict.cost import Cost
    from dlgenomics.predict.loaders.loader import Loader
    from dlgenomics.predict.model import Model
    from dlgenomics.predict.order import Order


def cost_of(model: Model, loader: Loader, order: Order) -> Cost:
    """Measure the first rows of a run."""
    from dlgenomics.predict.cost import HUMAN_GENOME, measure_cost
    from dlgenomics.predict.loaders.loader import letter_inputs
    from dlgenomics.predict.memory import row_bytes
    from dlgenomics.predict.order import computation_for, file_batch, flow_for

    computation = computation_for(model, order)
    size = file_batch(model, order, computation, HUMAN_GENOME)  # a short run tells as much
    flow = flow_for(loader, order, size, computation)
    windows = [one.length for one in letter_inputs(model.inputs).values()]
    return measure_cost(flow, max(windows, default=None), row_bytes(model.spec))


def show_cost(model: Model, cost: Cost, *, as_json: bool) -> None:
    """Print a cost."""
    if as_json:
        show_json({"model": model.name, **cost.to_data()})
        return
    per_core = cost.rate / cost.cores
    facts: dict[str, Any] = {
        "model": model.name,
        "rows": f"{cost.rows:,}, {cost.batch_size} at a time",
        "memory of a batch": f"about {size_text(cost.row_bytes * cost.batch_size)}",
        "measured": f"{_rate(cost.rate)} rows/s on {cost.cores} cores ({_rate(per_core)} a core; "
                    f"{cost.measured_rows:,} rows)",
        "this run": duration(cost.run_seconds),
    }
    for stride in cost.strides:
        hours = cost.genome_hours(stride)
        facts[f"human genome, {stride:,} bp"] = (
            f"{hours:,.1f} core-hours; {duration(hours * 36)} on 100 cores")
    show_facts(facts)


def _rate(a_second: float) -> str:
    return f"{a_second:,.0f}" if a_second >= 100 else f"{a_second:.3g}"


def duration(seconds: float) -> str:
    """Return a time for people: ``3.2 h``."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"
