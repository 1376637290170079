"""
Numbers as people write them, and their exact values as texts in lowest terms: `1,234`, `$12.50`, `3/4`, `1 1/2`, `50%`,
`forty-two`, `2 dozen`. What is not understood to its last character is no number.
"""

import math
import re

from .number_words import MULTIPLIERS, is_number_word, worded_number
from .text import from_units, is_of_kind

_LONGEST_TOKEN = 80
_MOST_TOKENS = 16

_vulgar = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3), "⅕": (1, 5), "⅛": (1, 8)}

# sign, currency, sign, whole part, decimals, a part of one, unit
_written = re.compile(
    r"([+\-−]?)([$€£¥]?)([-−]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(\.[0-9]+)?(/[0-9]+|[½¼¾⅓⅔⅕⅛])?"
    r"(%|[$€£¥¢]|°[CF]?|kg|mg|g|lbs?|oz|km|cm|mm|mi|m|ft|in|ml|l|hrs?|h|min|sec|s|am|pm|mph|km/h)?"
)
_opening = re.compile(r"^[(\[{\"'“‘*_`]+")
_closing = re.compile(r"[)\]}\"'”’*_`.,;:!?]+\Z")
_half = re.compile(
    r"(?:and )?(?:an? |one )?(?:half|halves|thirds?|quarters?|fourths?|fifths?)\b", re.ASCII
)


def token_at(tokens, at):
    return tokens[at] if 0 <= at < len(tokens) else ""


def undressed(text):
    """A text without brackets, quotes, and punctuation around it."""
    return _opening.sub("", _closing.sub("", text))


def core(token):
    """A token without them; nothing where it is too long to be read."""
    return "" if len(token) > _LONGEST_TOKEN else undressed(token)


def _without_end(token):
    return "" if len(token) > _LONGEST_TOKEN else _closing.sub("", token)


def has_digit(text):
    """Whether there is a digit of any script in a text."""
    return any(is_of_kind(c, "N") for c in from_units(text))


def _is_plain_end(token):
    return not _closing.search(token[-1:])


def _is_changed(tokens, end):
    """Whether words after a number make another one of it: `2 and a half`, `3 quarters`, `five six`."""
    following = [core(token).lower() for token in tokens[end : end + 3]]
    first = following[0].split("-")[0] if following else ""
    return bool(_half.match(" ".join(following))) or is_number_word(first)


def number_at(tokens, at):
    """The number that begins at a token, as a value (None: not understood) and the token after it; None: no number."""
    found = _digits_at(tokens, at) if has_digit(token_at(tokens, at)) else _words_at(tokens, at)
    return (None, found[1]) if found and _is_changed(tokens, found[1]) else found


def _text_of(over, under):
    if under == 0:
        return None
    common = math.gcd(over, under)
    over, under = over // common, under // common
    return str(over) if under == 1 else f"{over}/{under}"


def _read_digits(token):
    """One token as (over, under, is_whole, is_part); None where it is not understood."""
    match = _written.fullmatch(token)
    if not match:
        return None
    sign, money, inner, digits, decimals, part, unit = (group or "" for group in match.groups())
    if digits + decimals == "" and part not in _vulgar:
        return None
    if (sign and inner) or (decimals and part) or re.match(r"0[0-9]*,", digits):
        return None
    if money and re.search("[a-zA-Z]", unit):
        return None
    whole = int(digits.replace(",", "") + decimals[1:] or "0")
    minus = -1 if re.search("[-−]", sign + inner) else 1
    is_whole = decimals + part + unit == ""
    is_part = part != "" and sign + money + inner == "" and (digits == "" or len(part) > 1)
    if part.startswith("/"):
        return minus * whole, int(part[1:]), is_whole, is_part
    over, under = _vulgar.get(part, (0, 1))
    scale = 10 ** max(0, len(decimals) - 1) * under
    return minus * (whole * under + over), scale, is_whole, is_part


def _digits_at(tokens, at):
    """A number in digits, over more than one token in `1 234`, `1 1/2` and `2 dozen`."""
    token, end = tokens[at], at + 1
    if re.fullmatch(r"[^0-9]{0,4}[1-9][0-9]{0,2}", token, re.DOTALL):
        while (
            len(token) <= _LONGEST_TOKEN
            and re.search(r"[0-9]\Z", token)
            and re.match(r"[0-9]{3}(?![0-9])", token_at(tokens, end))
        ):
            token += tokens[end]
            end += 1
    if end > at + 1 and "/" in token:
        return None, end
    digits = _read_digits(core(token))
    following = _read_digits(_without_end(token_at(tokens, end))) if _is_plain_end(token) else None
    if digits and digits[2] and following and following[3]:
        over, under = following[:2]
        if over >= under:
            return None, end + 1
        minus = -over if re.search("[-−]", token) else over
        digits = (digits[0] * under + minus, under)
        end += 1
    plain = _is_plain_end(tokens[end - 1])
    times = MULTIPLIERS.get(core(token_at(tokens, end)).lower()) if plain else None
    if times is not None:
        end += 1
    return digits and _text_of(digits[0] * (times or 1), digits[1]), end


def _words_at(tokens, at):
    """A number in words."""
    token = token_at(tokens, at)
    word = core(token).lower().split("-")[0]
    is_minus = word in ("minus", "negative") and _is_plain_end(token)
    if not is_minus and word != "a" and not is_number_word(word):
        return None
    if is_minus and has_digit(token_at(tokens, at + 1)):
        return _minus_digits(tokens, at + 1)
    first = at + (1 if is_minus else 0)
    words, ends = [], []  # the token after each word, where it is the last of its token
    for i in range(first, min(len(tokens), first + _MOST_TOKENS)):
        parts = core(tokens[i]).lower().split("-")
        words += parts
        ends += [-1] * (len(parts) - 1) + [i + 1]
        if not _is_plain_end(tokens[i]):
            break
    number = worded_number(words)
    if not number:
        return (None, first + 1) if is_number_word(words[0] if words else "") else None
    value, taken = number
    end = ends[taken - 1]
    if end < 0:
        return None, first + 1
    return str(-value if is_minus else value), end


def _minus_digits(tokens, at):
    """`minus 3`; `minus -3` is not understood."""
    value, end = _digits_at(tokens, at)
    if value is None or value.startswith("-"):
        return None, end
    return value if value == "0" else f"-{value}", end
