"""
The verifiers and rewards of the R1 workbook in Python, with the standard library alone. They say the same as the
workbook's own, which are written in TypeScript; a test compares them on 100,000 completions.

A problem is a dict: what the `ground_truth` of a row of the handed-over data holds as JSON. A completion is a text that
ends in `<eos>` where the model ended by itself; `trainers.py` makes it of what other trainers have.
"""

from . import numeric_tasks
from .answers import answer_in_words
from .text import tokens_of
from .words import words

_verifiers = {
    "countdown": numeric_tasks.countdown,
    "programs": numeric_tasks.programs,
    "units": numeric_tasks.units,
    "general": numeric_tasks.general,
    "words": words,
}

DEFAULT_WEIGHTS = {"accuracy": 1, "format": 0.1, "language": 0}


def verify(problem, completion):
    """The verdict on any completion. Word problems and data of one's own have an answer, and no verifier of their own."""
    verifier = _verifiers.get(problem["task"])
    if verifier is None and "answer" not in problem:
        known = ", ".join(_verifiers)
        raise ValueError(f"unknown task {problem['task']} without an answer: use {known}")
    return (verifier or answer_in_words)(problem, completion)


def reward(problem, completion, weights=DEFAULT_WEIGHTS):
    """The parts of the reward, each between 0 and 1, and their weighted sum as `total`."""
    language = problem.get("language", "en")
    found = verify(problem, completion)
    parts = {
        "accuracy": 1 if found["correct"] else 0,
        "format": 1 if found["format"] else 0,
        "language": numeric_tasks.language_share(tokens_of(completion), language),
    }
    return {**parts, "total": sum(weights[name] * value for name, value in parts.items())}
