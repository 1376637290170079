"""The final answer of a text that thinks aloud before it, and the verdict on it."""

import re
import unicodedata

from .completion import read_text, verdict
from .number_words import is_number_word
from .numbers import core, has_digit, number_at, token_at, undressed
from .text import SPACE, from_units, is_of_kind, to_units, tokens_of, trim

_LONGEST_ANSWER = 200
_MOST_UNIT_WORDS = 6
_MARK_LENGTH = 60
_MOST_TOKENS = 40

_flags = re.ASCII | re.IGNORECASE
_answer_line = re.compile(
    rf"[{SPACE}>*_#-]*(?:the |my )?(?:final )?answer(?: is)?[ *_]*:[ *_]*", _flags
)
_number_begins = re.compile(rf"[{SPACE}]*[+\-−]?[$€£¥]?[-−]?\.?[0-9½¼¾⅓⅔⅕⅛]")
_operator = re.compile(r"(?:[-+−–]|minus)", _flags)


def _final_answer(text, loose=False):
    """What follows the last mark; in a loose reading, where nothing is marked, the last number. None: there is none."""
    at, answer = max((_last_line(text), _last_boxed(text), _last_hashes(text)), key=lambda m: m[0])
    if at < 0:
        return _last_number(text) if loose else None
    answer = trim(answer)
    return answer if 0 < len(answer) <= _LONGEST_ANSWER else None


def _last_line(text):
    end = len(text)
    while end >= 0:
        at = text.rfind("\n", 0, end) + 1
        match = _answer_line.match(text[at : min(end, at + _MARK_LENGTH)])
        if match:
            return at, text[at + match.end() : end]
        end = at - 1
    return -1, ""


def _last_boxed(text):
    mark = "\\boxed{"
    at = text.rfind(mark)
    if at < 0:
        return -1, ""
    start = at + len(mark)
    inside = text[start : start + _LONGEST_ANSWER + 1]
    depth = 1
    for i, c in enumerate(inside):
        depth += (c == "{") - (c == "}")
        if depth == 0:
            return at, inside[:i]
    return at, ""


def _last_hashes(text):
    at = text.rfind("####")
    while at >= 0:
        start = at + 4
        if _number_begins.match(text[start : start + _MARK_LENGTH]):
            return at, text[start:].split("\n", 1)[0]
        at = text.rfind("####", 0, at + 3)
    return -1, ""


def _last_number(text):
    """The last number in digits; in a text without digits the last one in words. None where it is not understood."""
    tokens = tokens_of(_without_latex(text).replace("=", " = "))

    def last(suits):
        return next((i for i in reversed(range(len(tokens))) if suits(tokens[i])), -1)

    at = last(has_digit)
    if at < 0:
        at = last(lambda token: any(map(is_number_word, core(token).lower().split("-"))))
    i = max(0, at - _MOST_TOKENS)
    while i <= at:
        found = number_at(tokens, i)
        if found and found[1] > at:
            before = token_at(tokens, i - 1)
            is_operand = _operator.fullmatch(before) or _operator.fullmatch(tokens[i])
            is_read = found[0] is not None and not is_operand
            return " ".join(map(core, tokens[i : found[1]])) if is_read else None
        i = found[1] if found else i + 1
    return None


_not_units = frozenset(
    "and or to minus plus times over divided half halves third thirds quarter quarters than".split()
)


def _number_in(answer):
    """The exact value of an answer as a text in lowest terms; None where it is no number with a few words of its unit."""
    if len(answer) > _LONGEST_ANSWER:
        return None
    plain = _without_latex(_normal(answer))
    tokens = tokens_of(plain[plain.rfind("=") + 1 :])
    tokens = tokens[next((i for i, token in enumerate(tokens) if undressed(token) != ""), -1) :]
    found = number_at(tokens, 0)
    if not found:
        return None
    rest = [core(token) for token in tokens[found[1] :]]
    return found[0] if len(rest) <= _MOST_UNIT_WORDS and all(map(_is_unit, rest)) else None


def _is_unit(word):
    if word == "" or word in ("%", "$", "€", "£", "¥"):
        return True
    parts = re.split("[/'’-]", from_units(word))
    is_word = all(part != "" and all(is_of_kind(c, "L") for c in part) for part in parts)
    return is_word and word.lower() not in _not_units and not is_number_word(word.lower().split("-")[0])


def _normal(text):
    return to_units(unicodedata.normalize("NFC", from_units(text)))


def _canonical_answer(answer):
    """The same text for answers that mean the same, for votes: of a number its value, of words the words."""
    value = _number_in(answer)
    return _words_in(answer[:_LONGEST_ANSWER]) if value is None else value


def _words_in(answer):
    lower = to_units(from_units(_without_latex(_normal(answer))).lower())
    return trim(undressed(" ".join(tokens_of(lower))))


def _without_latex(text):
    """What answers in LaTeX have around their numbers is taken away."""
    if "\\" not in text and "{" not in text:
        return text
    text = text.replace("{,}", ",")
    text = re.sub(r"\\(?:text|textbf|mathrm|mathbf)\{([^{}]*)\}", r" \1", text)
    text = re.sub(r"([0-9])(?=[-−]?\\[dt]?frac)", r"\1 ", text)
    text = re.sub(r"\\[dt]?frac\{([0-9]{1,40})\}\{([0-9]{1,40})\}", r"\1/\2", text)
    text = re.sub(r"\^\{?\\circ\}?", "°", text)
    text = text.replace("\\!", "")
    text = re.sub(r"\\[,;: ()[\]]", " ", text)
    return re.sub(r"\\([$%])", r"\1", text)


def answer_in_words(problem, completion):
    """Right is a marked answer that equals that of the problem as a number, or in its words where that is no number."""
    text, finished = read_text(completion)
    units, right = to_units(text), to_units(problem["answer"])
    wanted, is_number = _canonical_answer(right), _number_in(right) is not None

    def meaning(answer):
        if answer is None:
            return None
        return _number_in(answer) if is_number else _canonical_answer(answer) or None

    answer = _final_answer(units) if finished else None
    canonical = meaning(answer)
    visible = finished and meaning(_final_answer(units, loose=True)) == wanted
    form = finished and _is_in_form(text)
    said, canonical_text = (None if t is None else from_units(t) for t in (answer, canonical))
    return verdict(canonical == wanted, form, finished, said, canonical_text, visible)


def _is_in_form(text):
    """Some text, and then the only line that begins with `Answer:`."""
    lines = text.split("\n")
    marked = [line for line in lines if line.startswith("Answer:")]
    ends = re.match(rf"Answer: [^{SPACE}]", lines[-1])
    return len(lines) > 1 and len(marked) == 1 and ends is not None
