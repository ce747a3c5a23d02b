"""Over-, underfitted or fine, in plain words, from the learning curves.

Rules of thumb; where they compare losses, they do so in units of the gain (see `Course`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from dlgenomics.errors import plural
from dlgenomics.report.course import Course, course_of
from dlgenomics.report.outcome import Outcome
from dlgenomics.report.words import compact, metric_name, metric_value

FEWEST_EPOCHS: Final = 3
RISE: Final = 0.05
"""A rise of validation loss by this share of the gain is overfitting."""
GAP: Final = 0.3
"""So is a gap between training and validation loss of this share of the gain."""
METRIC_GAP: Final = 0.05
"""So is a metric that is this much worse on validation examples, where classes are weighted."""
STILL_FALLING: Final = 0.03
"""A fall by this share of the gain in the last quarter of the epochs is unfinished learning."""


@dataclass(frozen=True)
class Verdict:
    """A judgement.

    Attributes:
        word: the judgement in a word or two.
        why: the reason and, where something is wrong, what to try.
        good: whether the network is as it should be.
    """

    word: str
    why: str
    good: bool = False


def judge(outcome: Outcome) -> Verdict:
    """Return what the learning curves of a run say."""
    history = outcome.history
    if "val_loss" not in history:
        return Verdict("Not judged", "There were no validation examples to judge by.")
    course = course_of(outcome)
    if not np.isfinite([course.training, course.validation]).all():
        return Verdict("Diverged", "The loss became infinite or undefined. Lower the learning rate "
                       "or set clipnorm in the optimizer.")
    if len(course.validation) < FEWEST_EPOCHS:
        return Verdict("Too short to judge", f"Learning curves of {plural(outcome.epochs, 'epoch')}"
                       f" say little; train for at least {FEWEST_EPOCHS}.")
    return (_memorised(course) or _clueless(course) or _overfitted(course) or _gapped(course)
            or _unfinished(course) or _fine(course))


def _memorised(course: Course) -> Verdict | None:
    fell = course.training[0] - course.training[-1]
    if not course.clueless or fell < 0.3 * abs(course.training[0]):
        return None
    if course.validation[-1] - course.training[-1] < GAP * fell:
        return None  # both fell alike: there is no more knowledge of one set than of the other
    return Verdict("Overfitted", "The network learned its training examples by heart: their "
                   f"loss fell from {compact(course.training[0])} to {compact(course.training[-1])}"
                   f", yet on validation examples it is hardly better than guessing"
                   f"{_of_skill(course)}. Use more data, a smaller network or more dropout.")


def _clueless(course: Course) -> Verdict | None:
    if not course.clueless:
        return None
    return Verdict("Underfitted", "On validation examples the network is hardly better than "
                   f"guessing{_of_skill(course)}, and training loss only went from "
                   f"{compact(course.training[0])} to {compact(course.training[-1])}. Check the "
                   "labels, try another learning rate, a larger network or more epochs.")


def _of_skill(course: Course) -> str:
    return f" ({course.skill.words})" if course.skill else ""


def _overfitted(course: Course) -> Verdict | None:
    """Judge weights that were kept after validation loss had begun to rise."""
    lowest, kept = course.lowest, course.kept
    rise = course.validation[kept] - course.validation[lowest]
    if kept <= lowest or rise <= RISE * course.gain:
        return None
    if course.training[kept] >= course.training[lowest]:
        return None
    return Verdict("Overfitted", f"From epoch {lowest + 1} to epoch {kept + 1}, whose weights were "
                   f"kept, training loss fell from {compact(course.training[lowest])} to "
                   f"{compact(course.training[kept])} while validation loss rose from "
                   f"{compact(course.validation[lowest])} to {compact(course.validation[kept])}. "
                   "Let EarlyStopping watch val_loss, or use more dropout or more data.")


def _gapped(course: Course) -> Verdict | None:
    """Judge a network that does much better on training examples."""
    kept = course.kept
    here, there = course.training[kept], course.validation[kept]
    if not course.weighted:
        if there - here <= GAP * course.gain:
            return None
        seen = f"loss is {compact(here)} on training and {compact(there)} on validation examples"
    else:
        if course.metric is None:
            return None
        name, training, validation = course.metric
        if not training[kept] - validation[kept] > METRIC_GAP:
            return None
        seen = (f"{metric_name(name)} is {metric_value(name, training[kept])} on training and "
                f"{metric_value(name, validation[kept])} on validation examples")
    return Verdict("Overfitted", f"At epoch {kept + 1}, whose weights were kept, {seen}: much of "
                   "what was learned does not carry over. Use more dropout or augmentation, a "
                   "smaller network or more data.")


def _unfinished(course: Course) -> Verdict | None:
    """Judge a training that the limit of epochs cut off."""
    count = len(course.validation)
    before = course.validation[: count - max(2, count // 4)]
    if count < course.limit or course.lowest < count - 2 or not len(before):
        return None
    fall = before.min() - course.validation[course.lowest]
    if fall <= STILL_FALLING * course.gain:
        return None
    return Verdict("Stopped too soon", "Validation loss was still falling when the limit of "
                   f"{plural(course.limit, 'epoch')} was reached (to "
                   f"{compact(course.validation[course.lowest])}). Raise training.epochs.")


def _fine(course: Course) -> Verdict:
    lowest, kept, last = course.lowest, course.kept, len(course.validation) - 1
    why = (f"Validation loss fell from {compact(course.validation[0])} to "
           f"{compact(course.validation[lowest])} (epoch {lowest + 1})")
    why += _after(course) if last > lowest else ", with little left to gain"
    return Verdict("Fine", f"{why}. {_carries_over(course, kept)}", good=True)


def _after(course: Course) -> str:
    lowest, last = course.lowest, len(course.validation) - 1
    rise = course.validation[last] - course.validation[lowest]
    end = f"{compact(course.validation[last])} by epoch {last + 1}"
    if rise <= RISE * course.gain:
        return f" and stayed level after that ({end})"
    if course.training[last] < course.training[lowest]:
        return (f"; it then rose to {end} while training loss went on falling, which is "
                "overfitting, but the weights kept are from before it")
    return f"; it then rose to {end}, together with training loss"


def _carries_over(course: Course, kept: int) -> str:
    if course.weighted and course.metric is not None:
        name, training, validation = course.metric
        return (f"At epoch {kept + 1} {metric_name(name)} is {metric_value(name, training[kept])} "
                f"on training and {metric_value(name, validation[kept])} on validation examples: "
                "what was learned carries over.")
    return (f"At epoch {kept + 1} loss is {compact(course.training[kept])} on training and "
            f"{compact(course.validation[kept])} on validation examples: "
            "what was learned carries over.")
