"""Rules on language that code can check, by their levels. A rule checks what it says and nothing else."""

import re

from .completion import read_text, verdict
from .text import is_of_kind

_APOSTROPHES = "'’-"


def _is_letter(c):
    return is_of_kind(c, "LMN")


def words_of(text):
    """The words of a text: letters and digits, with an apostrophe or a hyphen inside."""
    found, at = [], 0
    while at < len(text):
        if not _is_letter(text[at]):
            at += 1
            continue
        end = at
        while end < len(text) and (
            _is_letter(text[end])
            or (text[end] in _APOSTROPHES and end + 1 < len(text) and _is_letter(text[end + 1]))
        ):
            end += 1
        found.append(text[at:end])
        at = end
    return found


def _lower(text):
    return words_of(text.lower())


def _is_sentence(text, ends=".!?"):
    """One line that ends with the only one of `. ! ?` in it, and begins with a letter or a digit."""
    if len(text) < 2 or not is_of_kind(text[0], "LN"):
        return False
    inside = not any(c in ".!?\n\r" for c in text[1:-1])
    return inside and text[-1] in ".!?" and text[-1] in ends


def _is_short(text, ends=".!?"):
    return _is_sentence(text, ends) and 4 <= len(words_of(text)) <= 20


def _contains(text, word):
    return word in _lower(text)


def _is_list_of_three(text):
    things = re.sub(r"\.\Z", "", text).split(",")

    def is_thing(thing):
        return 1 <= len(words_of(thing)) <= 4 and not any(c in ".!?:;\n\r" for c in thing)

    named = {" ".join(word for word in _lower(thing) if word != "and") for thing in things}
    return len(things) == 3 and all(map(is_thing, things)) and len(named) == 3


_e_of_any_kind = re.compile("[eè-ëē-ě]", re.IGNORECASE)


def _first(found):
    return found[0] if found else None


def _last(found):
    return found[-1] if found else None


_rules = {
    1: lambda text, words, count: _is_short(text) and _contains(text, words[0]),
    2: lambda text, words, count: _is_short(text) and all(_contains(text, w) for w in words),
    3: lambda text, words, count: _is_short(text) and _first(_lower(text)) == words[0],
    4: lambda text, words, count: _is_short(text) and _last(_lower(text)) == words[0],
    5: lambda text, words, count: _is_sentence(text) and len(words_of(text)) == count,
    6: lambda text, words, count: _is_short(text) and text == text.lower(),
    7: lambda text, words, count: _is_short(text, "?"),
    8: lambda text, words, count: _is_list_of_three(text),
    9: lambda text, words, count: _is_short(text) and not _e_of_any_kind.search(text),
    10: lambda text, words, count: _rules[5](text, words, count) and _contains(text, words[0]),
    21: lambda text, words, count: _is_short(text) and _lower(text).count(words[0]) == 2,
    22: lambda text, words, count: _is_short(text, "!"),
    23: lambda text, words, count: _is_short(text)
    and _first(_lower(text)) == words[0]
    and _last(_lower(text)) == words[1],
}

_marked_up = re.compile(r"[\n\r*#`_|<>]")


def words(problem, completion):
    """Right is a text that ended by itself and keeps the rule of its level."""
    text, finished = read_text(completion)
    kept = finished and _rules[problem["level"]](text, problem["words"], problem["count"])
    plain = text != "" and not _marked_up.search(text) and text[0] not in '"“'
    answer = text if finished else None
    return verdict(kept, finished and plain, finished, answer, answer)
