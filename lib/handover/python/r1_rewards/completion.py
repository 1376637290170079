"""A completion taken apart, and the verdict on it."""

from .text import tokens_of, trim

END = "<eos>"


def verdict(correct, form, finished, answer, canonical, visible=None, table=False):
    """What a verifier finds, the same fields as in the workbook."""
    return {
        "correct": correct,
        "format": form,
        "finished": finished,
        "answer": answer,
        "canonicalAnswer": canonical,
        "visibleCorrect": correct if visible is None else visible,
        "lookupTable": table,
    }


def _only_place(tokens, token):
    """Where a token stands that occurs once; -1 where it is missing or repeated."""
    return tokens.index(token) if tokens.count(token) == 1 else -1


def read_tags(completion):
    """Takes any text apart by its tags: finished, format, and the tokens of the answer or None."""
    tokens = tokens_of(completion)
    finished = bool(tokens) and _only_place(tokens, END) == len(tokens) - 1
    start, end = _only_place(tokens, "<answer>"), _only_place(tokens, "</answer>")
    if not finished or start < 0 or end != len(tokens) - 2 or end - start < 2:
        return finished, False, None
    thought = _only_place(tokens, "</think>")
    form = _only_place(tokens, "<think>") == 0 and thought == start - 1 and thought >= 2
    return finished, form, tokens[start + 1 : end]


def tagged_verdict(completion, judge):
    """The verdict on a completion with tags. `judge` gets the tokens of the answer; None: no answer to the task."""
    finished, form, answer = read_tags(completion)
    found = None if answer is None else judge(answer)
    text = None if answer is None else " ".join(answer)
    if found is None:
        return verdict(False, form, finished, text, None)
    return verdict(found.pop("correct"), form, finished, text, found.pop("canonical"), **found)


def read_text(completion):
    """A completion in words: its text without spaces around it, and whether the model ended it by itself."""
    finished = completion.endswith(END)
    return trim(completion[: -len(END)] if finished else completion), finished
