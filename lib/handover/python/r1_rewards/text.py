"""Texts as JavaScript sees them: what a space is, and how long a text is. Python differs in both."""

import re
import unicodedata

SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

_spaces = re.compile(f"[{SPACE}]+")
_around = re.compile(f"^[{SPACE}]+|[{SPACE}]+\\Z")


def tokens_of(text):
    """The tokens of a text between its spaces, without empty ones."""
    return [token for token in _spaces.split(text) if token]


def trim(text):
    return _around.sub("", text)


def to_units(text):
    """A text whose characters are units of UTF-16, so that its length and its parts are those of JavaScript."""
    if not any(c > "\uffff" for c in text):
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(units[i] | units[i + 1] << 8) for i in range(0, len(units), 2))


def from_units(text):
    """The text of units of UTF-16. Half of a pair that was cut stays as it is."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def is_of_kind(c, kinds):
    """Whether a character is of one of the kinds of Unicode: `L` letters, `M` marks, `N` numbers."""
    return unicodedata.category(c)[0] in kinds
