"""
Gives a thousand empty stages to Ray, each of which needs one or two of those before it. Prints how long it took until all were
given and until all were done, and fails where one was run before what it needs.
"""

import io
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "lib/recipe/ray"))
import ray
import run_graph

COUNT = 1000


def empty_stage(job, task, keeper, *needed):
    assert needed == tuple(need.encode() for need in task["needs"]), task["name"]
    return task["name"].encode()


def needs(i):
    return sorted({f"stage-{i // 2}", f"stage-{i // 3}"} - {f"stage-{i}"})


run_graph.run_stage = empty_stage
run_graph.unpack = lambda data, place: None
tasks = [{"name": f"stage-{i}", "needs": needs(i), "cores": 1, "memory": 10**6} for i in range(COUNT)]
job = {"address": "auto", "isCopied": False, "place": "/nowhere", "reads": [], "done": [], "tasks": tasks}


class Input(io.StringIO):
    """A person who stays."""

    def read(self, *_):
        time.sleep(3600)


sys.stdin = Input(json.dumps(job) + "\n")
began = time.time()
given = []
hear = run_graph.ray.wait


def first_wait(*args, **options):
    given.append(time.time() - began)
    return hear(*args, **options)


run_graph.ray.wait = first_wait
said = []
run_graph.say = lambda **what: said.append(what)
try:
    run_graph.main()
except SystemExit as end:
    assert end.code == 0, said[-1]
finished = [one["name"] for one in said if one.get("finished")]
assert len(finished) == COUNT, len(finished)
print(f"{COUNT} empty stages: given in {given[0]:.1f} s, done in {time.time() - began:.1f} s", flush=True)
