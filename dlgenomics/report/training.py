"""A finished training as a page."""

from __future__ import annotations

from pathlib import Path

from dlgenomics.files import write_text
from dlgenomics.report.contest import contest
from dlgenomics.report.facts import commands, data_section, environment, network, settings
from dlgenomics.report.inside import inside
from dlgenomics.report.learning import learning
from dlgenomics.report.outcome import Outcome, read_outcome
from dlgenomics.report.page import Html, element, escape, join, link, page
from dlgenomics.report.results import metric_table, results
from dlgenomics.report.verdict import judge
from dlgenomics.report.words import metric_meaning, metric_name, metric_value
from dlgenomics.train.run import RunFolder


def write_report(run_folder: Path) -> Path:
    """Write ``report.html`` of a finished run: one file that needs nothing else.

    The same run folder gives the same bytes.

    Args:
        run_folder: as `dlg train` writes it.

    Returns:
        The page's path.

    Raises:
        RunError: the folder holds no run, or one that is not finished.
    """
    outcome = read_outcome(run_folder)
    path = RunFolder(run_folder).report
    write_text(path, _page(outcome))
    return path


def _page(outcome: Outcome) -> str:
    return page(
        f"{outcome.spec.name}: training report",
        _title(outcome),
        _headline(outcome),
        _verdict(outcome),
        learning(outcome),
        inside(outcome),
        results(outcome),
        metric_table(outcome),
        contest(outcome),
        data_section(outcome),
        network(outcome),
        settings(outcome),
        environment(outcome),
        commands(outcome),
    )


def _title(outcome: Outcome) -> Html:
    spec = outcome.spec
    cite = element("p", "Cite: ", link(spec.cite), class_="soft") if spec.cite else ""
    return join([
        element("p", f"Training report · {spec.task.replace('_', ' ')}", class_="kicker"),
        element("h1", spec.name),
        element("p", spec.description) if spec.description else "",
        cite,
    ], "\n")


def _headline(outcome: Outcome) -> Html:
    """Return the first metrics of each target as large numbers."""
    part = outcome.headline_part
    measured = outcome.metrics.get(part, {})
    most = 4 if len(measured) == 1 else 2
    shown = [
        _number(outcome, target, metric)
        for target in list(measured)[:4] for metric in list(measured[target])[:most]
    ]
    return element("ul", join(shown, "\n"), class_="numbers") if shown else Html()


def _number(outcome: Outcome, target: str, metric: str) -> Html:
    part = outcome.headline_part
    value = metric_value(metric, outcome.metrics[part][target][metric])
    several = f"{target}: " if len(outcome.metrics[part]) > 1 else ""
    below = f"{part} set"
    if part == "test" and target in outcome.metrics.get("validation", {}):
        other = outcome.metrics["validation"][target].get(metric)
        below += f"; validation {metric_value(metric, other)}"
    return element("li", element("b", value),
                   element("span", several + metric_name(metric), title=metric_meaning(metric)),
                   element("span", below, class_="soft"))


def _verdict(outcome: Outcome) -> Html:
    verdict = judge(outcome)
    sign = "✓" if verdict.good else "!"
    return element("p", element("b", f"{sign} {verdict.word}."), escape(f" {verdict.why}"),
                   class_="verdict good" if verdict.good else "verdict")
