"""The network beside models that only count k-mers."""

from __future__ import annotations

from dlgenomics.baseline import TITLES, Record, judge
from dlgenomics.report.outcome import PARTS, Outcome
from dlgenomics.report.page import Html, element, escape, join, section, table
from dlgenomics.report.words import metric_name, metric_value


def contest(outcome: Outcome) -> Html:
    """Return the section that compares with baselines; nothing where none were fitted."""
    record = outcome.baselines
    if record is None:
        return Html()
    return section("Baselines", *_verdicts(record), element("p", _said(record), class_="soft"),
                   _table(outcome, record))


def _verdicts(record: Record) -> list[Html]:
    judged = judge(record)
    several = len(judged) > 1
    return [element("p", element("b", "✓ " if one.good else "! "),
                    element("b", f"{one.target}: ") if several else "", escape(one.words),
                    class_="verdict good" if one.good else "verdict") for one in judged]


def _said(record: Record) -> str:
    strands = "both strands as one" if record.both_strands else "one strand"
    fitted = (f"{record.examples:,} of the {record.training_examples:,}"
              if record.examples < record.training_examples else f"the same {record.examples:,}")
    return (f"Models of the counts of {record.k}-mers ({strands}), fitted to {fitted} training "
            "examples and measured on the same held-out ones; the strength of penalties was chosen "
            f"on the validation set. scikit-learn {record.version}.")


def _table(outcome: Outcome, record: Record) -> Html:
    models = {"network": record.network, **record.metrics}
    parts = [part for part in PARTS if part in record.network]
    several = len(record.columns) > 1
    rows = [
        [*([target] if several else []), metric_name(metric), TITLES.get(name, name),
         *(metric_value(metric, values.get(part, {}).get(target, {}).get(metric))
           for part in parts)]
        for target in record.columns for metric in outcome.spec.training.metrics[target]
        for name, values in models.items() if any(target in values.get(p, {}) for p in parts)
    ]
    head = [*(["Target"] if several else []), "Metric", "Model", *map(str.capitalize, parts)]
    compared = table(head, rows, numbers=range(len(head) - len(parts), len(head)))
    return join([compared, _columns_said(outcome, record)], "\n")


def _columns_said(outcome: Outcome, record: Record) -> Html:
    left = {target: len(outcome.columns(target)) for target, names in record.columns.items()
            if len(names) < len(outcome.columns(target))}
    said = "; ".join(f"{len(record.columns[target])} of {count} columns of {target}"
                     for target, count in left.items())
    return element("p", f"On {said}, evenly spread, the network too.", class_="soft") if said else (
        Html())
