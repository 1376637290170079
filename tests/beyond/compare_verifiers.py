"""Reads lines of problem, completion, verdict and reward, and says where Python finds something else."""

import json
import sys

from r1_rewards import reward, verify


def main():
    compared, different = 0, 0
    for line in sys.stdin:
        row = json.loads(line)
        said = verify(row["problem"], row["completion"])
        paid = reward(row["problem"], row["completion"])
        compared += 1
        if said != row["verdict"] or paid != row["reward"]:
            different += 1
            if different <= 10:
                print(json.dumps({"python": said, "paid": paid, **row}), file=sys.stderr)
    print(json.dumps({"compared": compared, "different": different}))


main()
