"""
A Ray of two nodes of one core each on this machine. Reads lines: `kill` kills the second node and starts another one; the end
of the input ends all. Prints `ready`, and `killed` after each kill.
"""

import sys

from ray.cluster_utils import Cluster


def node(cluster):
    return cluster.add_node(num_cpus=1, memory=4 * 2**30, object_store_memory=10**8)


cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "memory": 4 * 2**30, "object_store_memory": 10**8, "include_dashboard": False})  # fmt: skip
second = node(cluster)
print(f"ready {cluster.address}", flush=True)
for line in sys.stdin:
    if line.strip() == "kill":
        cluster.remove_node(second, allow_graceful=False)
        second = node(cluster)
        print("killed", flush=True)
cluster.shutdown()
