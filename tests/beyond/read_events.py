"""Reads the events of a folder with TensorBoard: the last step and value of each number, and how many there are."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
tags = events.Tags()["scalars"]
print(json.dumps({tag: [[event.step, event.wall_time, event.value] for event in events.Scalars(tag)] for tag in tags}))
