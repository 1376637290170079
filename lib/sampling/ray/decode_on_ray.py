"""
Decodes on Ray: actors that each have a process of Node with the weights. Reads a job as a line of JSON on standard input, then
frames: a line of JSON that says how many bytes follow it. A frame with a tensor goes to Ray's object store, once; a frame that
asks for rollouts goes to the first actor that is free, which fetches the tensors that it does not have as they are now. What an
actor answers is written as a frame. All ends with the input.
"""

import json
import os
import queue
import subprocess
import sys
import threading

import on_ray
import ray

ray.cloudpickle.register_pickle_by_value(on_ray)


def read_frame(stream):
    """A frame's head and its bytes, or None at the end."""
    line = stream.readline()
    if not line:
        return None
    head = json.loads(line)
    return head, stream.read(head["bytes"])


def write_frame(stream, head, data):
    stream.write(json.dumps({**head, "bytes": len(data)}).encode() + b"\n")
    stream.write(data)
    stream.flush()


class Decoder:
    """A process of Node that decodes. What it holds of the weights is known by version."""

    def __init__(self, job):
        root, node = on_ray.set_up(job)
        self.cores = on_ray.Cores(job["cores"])
        command = [node, "--import", "tsx", "lib/sampling/ray/worker.ts"]
        self.process = on_ray.begin(command, root, self.cores.numbers(), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.said = ""
        threading.Thread(target=self.listen, daemon=True).start()
        self.held = {}

    def listen(self):
        for line in self.process.stderr:
            self.said = line.decode(errors="replace")

    def decode(self, request, tensors):
        missing = [i for i, (_, version, _) in enumerate(tensors) if self.held.get(i) != version]
        try:
            for i, data in zip(missing, ray.get([tensors[i][2] for i in missing])):
                write_frame(self.process.stdin, tensors[i][0], data)
                self.held[i] = tensors[i][1]
            write_frame(self.process.stdin, request, b"")
            answer = read_frame(self.process.stdout)
        except BrokenPipeError:
            answer = None
        if answer is None:
            raise RuntimeError(f"a decoding worker on {os.uname().nodename} has ended ({on_ray.last_line(self.said)}): run again")
        return answer[1]


def serve(decoder, asked, answers, lock):
    """Gives one request after the other to an actor."""
    while True:
        request, tensors = asked.get()
        head, answer = {"id": request["id"]}, b""
        try:
            answer = ray.get(decoder.decode.remote(request, tensors))
        except ray.exceptions.RayError as error:
            head["error"] = on_ray.reason(error)
        with lock:
            write_frame(answers, head, answer)


def start_decoders(job):
    """As many actors as the person wants, or as the cores allow. An actor whose node dies starts anew on another one."""
    cores = job["cores"]
    fit = int(ray.cluster_resources().get("CPU", 0)) // cores
    count = job["workers"] or fit
    if not 1 <= count <= fit:
        raise SystemExit(f"{max(count, 1)} workers of {cores} {'core' if cores == 1 else 'cores'} do not fit: this Ray has room for {fit}")
    options = {"num_cpus": cores, "max_restarts": -1, "max_task_retries": -1}
    return [ray.remote(**options)(Decoder).remote(job) for _ in range(count)]


def main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Ray says on standard output when a node dies
    job = json.loads(sys.stdin.buffer.readline())
    on_ray.start(job)
    asked, lock = queue.Queue(), threading.Lock()
    decoders = start_decoders(job)
    for decoder in decoders:
        threading.Thread(target=serve, args=(decoder, asked, answers, lock), daemon=True).start()
    write_frame(answers, {"workers": len(decoders)}, b"")
    tensors, version = {}, 0
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        head, data = frame
        if "tensor" in head:
            version += 1
            tensors[head["tensor"]] = (head, version, ray.put(data))
        else:
            asked.put((head, [tensors[i] for i in range(head["tensors"])]))
    ray.shutdown()


if __name__ == "__main__":
    try:
        main()
    except ray.exceptions.RayError as error:
        raise SystemExit(on_ray.reason(error)) from None
