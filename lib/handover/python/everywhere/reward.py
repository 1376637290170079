"""
The rewards under the names that verl (`compute_score`) and OpenRLHF (`reward_func`) look for in a file, with the weights of
settings.json.
"""

import json
import sys
from functools import partial
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here))

from r1_rewards import trainers  # noqa: E402

_weights = json.loads((here / "settings.json").read_text())["rewards"]

compute_score = partial(trainers.compute_score, weights=_weights)
reward_func = partial(trainers.reward_func, weights=_weights)
