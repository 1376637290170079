"""The verifiers of countdown, programs, units, and of general prompts, which have no right answer."""

from .arithmetic import canonical_chain, parse_steps, run, value_of
from .completion import tagged_verdict


def countdown(problem, completion):
    """Right is a chain of exactly the given numbers whose values are all allowed and whose last one is the target."""
    numbers, target = problem["numbers"], problem["target"]

    def judge(answer):
        if len(answer) != 2 * len(numbers) - 1:
            return None
        start, steps = value_of(answer[0]), parse_steps(answer[1:])
        value = None if start is None or steps is None else run(start, steps)
        if value is None:
            return None
        used = [start] + [operand for _, operand in steps]
        correct = value == target and sorted(used) == sorted(numbers)
        return {"correct": correct, "canonical": canonical_chain(start, steps)}

    return tagged_verdict(completion, judge)


_INSTRUCTIONS = {
    *(("+", c) for c in range(1, 10)),
    *(("-", c) for c in range(1, 10)),
    *(("*", c) for c in range(2, 6)),
}
_LARGEST_INPUT = 12


def _parse_program(tokens):
    steps = parse_steps(tokens)
    known = steps is not None and 1 <= len(steps) <= 3 and all(s in _INSTRUCTIONS for s in steps)
    return steps if known else None


def _parse_table(tokens):
    """Reads `x -> y ; x -> y`; of an input that is listed twice the later output counts."""
    if len(tokens) % 4 != 3:
        return None
    table = {}
    for i in range(0, len(tokens), 4):
        source, result = value_of(tokens[i]), value_of(tokens[i + 2])
        separated = i + 3 == len(tokens) or tokens[i + 3] == ";"
        if source is None or result is None or tokens[i + 1] != "->" or not separated:
            return None
        table[source] = result
    return table


def _canonical_program(program):
    inputs = [x for x in range(_LARGEST_INPUT + 1) if run(x, program) is not None]
    if not inputs:
        return None
    slope, offset = 1, 0
    for operator, operand in program:
        if operator == "*":
            slope, offset = slope * operand, offset * operand
        else:
            offset += operand if operator == "+" else -operand
    sign = "-" if offset < 0 else "+"
    return f"{slope} x {sign} {abs(offset)} on {inputs[0]}..{inputs[-1]}"


def programs(problem, completion):
    """Right is a program of one to three instructions, or a table, that turns all four inputs into their outputs."""

    def judge(answer):
        program, table = _parse_program(answer), _parse_table(answer)
        if program is None and table is None:
            return None

        def fits(example):
            given = example["input"]
            made = run(given, program) if program is not None else table.get(given)
            return made == example["output"]

        visible = all(map(fits, problem["visible"]))
        if program is not None:
            canonical = _canonical_program(program)
        else:
            canonical = " ; ".join(f"{x} -> {y}" for x, y in sorted(table.items()))
        correct = visible and all(map(fits, problem["hidden"]))
        return {"correct": correct, "canonical": canonical, "visible": visible, "table": table is not None}

    return tagged_verdict(completion, judge)


def units(problem, completion):
    """Right is exactly the value and the unit asked for: `27 m`."""
    forward = problem["level"] == 1
    wanted = (problem["end"], problem["unit"]) if forward else (problem["time"], "s")

    def judge(answer):
        value = value_of(answer[0])
        if len(answer) != 2 or value is None or answer[1] not in ("m", "l", "g", "s"):
            return None
        return {"correct": (value, answer[1]) == wanted, "canonical": f"{value} {answer[1]}"}

    return tagged_verdict(completion, judge)


def general(_problem, completion):
    """The form can be judged, the answer cannot."""
    return tagged_verdict(completion, lambda answer: None)


_ENGLISH = "make rule from rate time to try no wait yes so say please glad thanks".split()
_CHINESE = "凑 律 从 率 时 到 试 不 等 对 故 说 请 乐 谢".split()


def language_share(tokens, language):
    """The share of the words that are in the asked language, `en` or `zh`; 1 where there are no words."""
    english = sum(token in _ENGLISH for token in tokens)
    chinese = sum(token in _CHINESE for token in tokens)
    spoken = english + chinese
    return 1 if spoken == 0 else (english if language == "en" else chinese) / spoken
