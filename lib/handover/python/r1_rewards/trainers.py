"""
The rewards as other trainers call them. The verifiers want to know whether a completion ended by itself, and trainers
differ in what they say of it: each function tells how it finds out.
"""

import json

from . import DEFAULT_WEIGHTS, reward
from .completion import END


def written(text, finished):
    """A completion as the verifiers read it. A text that was cut never ends like one that is finished."""
    if finished:
        return f"{text} {END}"
    return f"{text} " if text.endswith(END) else text


def _paid(ground_truth, completion, weights=DEFAULT_WEIGHTS):
    return reward(json.loads(ground_truth), completion, weights)


def completion_of(tokenizer, ids):
    """The completion of TRL's ids: it ended by itself where the last one is the end token."""
    finished = len(ids) > 0 and ids[-1] == tokenizer.eos_token_id
    return written(tokenizer.decode(ids[:-1] if finished else ids, skip_special_tokens=False), finished)


def trl(tokenizer):
    """The parts of the reward for TRL's `reward_funcs`, in the order of `DEFAULT_WEIGHTS`, for its `reward_weights`."""

    def part(name):
        def rewards(completion_ids, ground_truth, **_):
            return [
                float(_paid(truth, completion_of(tokenizer, ids))[name])
                for ids, truth in zip(completion_ids, ground_truth)
            ]

        rewards.__name__ = name
        return rewards

    return [part(name) for name in DEFAULT_WEIGHTS]


def compute_score(data_source, solution_str, ground_truth, extra_info=None, weights=DEFAULT_WEIGHTS, **_):
    """
    For verl's `custom_reward_function`. verl decodes without special tokens, so nothing tells whether the completion was
    cut: all count as finished. Where the format asks for closing tags, a completion that was cut has none.
    """
    parts = _paid(ground_truth, written(solution_str, True), weights)
    return {"score": float(parts["total"]), "acc": parts["accuracy"], "format": parts["format"]}


def reward_func(queries, prompts, labels, weights=DEFAULT_WEIGHTS, **_):
    """
    For OpenRLHF's `--remote_rm_url FILE`. A query is the prompt and the completion with its special tokens. The end of
    the model is the end token at its very end.
    """
    import torch  # there where OpenRLHF is

    ends = ("<eos>", "<|im_end|>", "<|endoftext|>", "</s>")
    rewards = []
    for query, prompt, label in zip(queries, prompts, labels):
        text = query[len(prompt) :] if query.startswith(prompt) else query
        end = next((end for end in ends if text.endswith(end)), None)
        text = text[: -len(end)] if end else text
        rewards.append(float(_paid(label, written(text, end is not None), weights)["total"]))
    scores = torch.tensor(rewards)
    return {"rewards": scores, "scores": scores, "extra_logs": {}}
