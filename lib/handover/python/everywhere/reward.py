"""The rewards under the names that verl (`compute_score`) and OpenRLHF (`reward_func`) look for in a file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from r1_rewards.trainers import compute_score, reward_func  # noqa: E402, F401
