"""The pocket calculator of the tasks: every result is one of 0 to 60, and a division comes out even."""

LARGEST = 60
OPERATORS = ("+", "-", "*", "/")

_values = {str(value): value for value in range(LARGEST + 1)}


def value_of(token):
    """The value that a token stands for, or None. `007` is none."""
    return _values.get(token)


def calculate(left, operator, right):
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    else:
        result = left // right if right >= 2 and left % right == 0 else -1
    return result if 0 <= result <= LARGEST else None


def run(start, steps):
    """The value after all steps, or None as soon as one is not allowed."""
    value = start
    for operator, operand in steps:
        value = calculate(value, operator, operand)
        if value is None:
            return None
    return value


def parse_steps(tokens):
    """Reads `* 7 + 5` as pairs, or None where the tokens are anything else."""
    if len(tokens) % 2:
        return None
    steps = [(operator, value_of(operand)) for operator, operand in zip(tokens[::2], tokens[1::2])]
    known = all(operator in OPERATORS and operand is not None for operator, operand in steps)
    return steps if known else None


def canonical_chain(start, steps):
    """One text for all chains that compute the same by exchanging terms or factors."""
    kind, parts = "", [("", str(start))]
    for operator, operand in steps:
        next_kind = "+" if operator in "+-" else "*"
        if kind != next_kind:
            whole = str(start) if kind == "" else f"({_join(parts)})"
            kind, parts = next_kind, [(next_kind, whole)]
        parts.append((operator, str(operand)))
    return _join(parts)


def _join(parts):
    ordered = sorted(parts, key=lambda part: ("1" if part[0] in ("-", "/") else "0") + part[1])
    return " ".join(text if i == 0 else f"{sign} {text}" for i, (sign, text) in enumerate(ordered))
