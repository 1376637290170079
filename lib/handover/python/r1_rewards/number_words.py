"""Numbers in English words: `forty-two`, `one hundred and five`, `two dozen`."""

import math

_ones = {word: i for i, word in enumerate("zero one two three four five six seven eight nine".split())}
_teens = {
    word: 10 + i
    for i, word in enumerate(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_tens = {
    word: 20 + 10 * i
    for i, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
_scales = {"thousand": 10**3, "million": 10**6, "billion": 10**9}

MULTIPLIERS = {"dozen": 12, "hundred": 100, **_scales}


def is_number_word(word):
    """Whether a word is a number, or a part of one."""
    return word in _ones or word in _teens or word in _tens or word in MULTIPLIERS


def _word(words, at):
    return words[at] if at < len(words) else ""


def worded_number(words):
    """The longest number that words begin with, and how many of them it takes; None where they begin with none."""
    few = _below_thousand(words, 0)
    if few and few[0] < 100 and _word(words, few[1]) == "dozen":
        return 12 * few[0], few[1] + 1
    value, taken, scale = 0, 0, math.inf
    while True:
        group = _below_thousand(words, _skip_and(words, taken))
        if not group or (taken > 0 and group[0] == 0):
            break
        times = _scales.get(_word(words, group[1]))
        if times is None:
            return value + group[0], group[1]
        if times >= scale:
            return None
        value, taken, scale = value + group[0] * times, group[1] + 1, times
    return (value, taken) if taken > 0 else None


def _skip_and(words, at):
    """The place after an `and` that stands inside a number."""
    return at + 1 if at > 0 and _word(words, at) == "and" else at


def _below_hundred(words, at):
    word = _word(words, at)
    small = _ones.get(word, _teens.get(word))
    if small is not None:
        return small, at + 1
    if word not in _tens:
        return None
    one = _ones.get(_word(words, at + 1), 0)
    return _tens[word] + one, at + (2 if one > 0 else 1)


def _below_thousand(words, at):
    """A number below a thousand, or `fifteen hundred`; `a` counts as one before `hundred`, `thousand`, `dozen`."""
    is_one = _word(words, at) == "a" and _word(words, at + 1) in MULTIPLIERS
    few = (1, at + 1) if is_one else _below_hundred(words, at)
    if not few or _word(words, few[1]) != "hundred":
        return few
    value = 100 * few[0]
    rest = _below_hundred(words, _skip_and(words, few[1] + 1))
    return (value + rest[0], rest[1]) if rest and rest[0] > 0 else (value, few[1] + 1)
