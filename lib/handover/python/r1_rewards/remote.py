"""The rewards of a server, `npm run serve-rewards`, in the place of those in Python."""

import json
import os
import urllib.error
import urllib.request

from .trainers import completion_of


def ask(items, url=None, key=None, timeout=60):
    """Judges items with `ground_truth` and `completion`. A server that is slow, gone or refuses is one line, as a RuntimeError."""
    url = url or os.environ.get("R1_REWARDS_URL", "http://127.0.0.1:8001/rewards")
    key = key or os.environ.get("R1_API_KEY", "")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, json.dumps({"items": items}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)["rewards"]
    except urllib.error.HTTPError as error:
        said = json.load(error).get("error", {}).get("message", error.reason)
        raise RuntimeError(f"{url} refuses: {said}") from None
    except TimeoutError:
        raise RuntimeError(f"{url} does not answer within {timeout} s: send fewer completions, or wait longer") from None
    except urllib.error.URLError as error:
        raise RuntimeError(f"nobody answers at {url} ({error.reason}): start npm run serve-rewards, and set R1_REWARDS_URL") from None


def trl(tokenizer, **options):
    """A function for TRL's `reward_funcs` that asks the server; `options` are those of `ask`."""

    def workbook_reward(completion_ids, ground_truth, **_):
        said = [completion_of(tokenizer, ids) for ids in completion_ids]
        items = [{"ground_truth": truth, "completion": text} for truth, text in zip(ground_truth, said)]
        return [float(judged["total"]) for judged in ask(items, **options)]

    return workbook_reward
