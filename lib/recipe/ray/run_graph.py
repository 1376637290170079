"""
Runs the recipe's graph on Ray: one task for each stage of a seed. Reads a job as JSON on standard input, writes what
happens as lines of JSON on standard output, and stops the stages between two steps when its input ends.

A task gets the folders of the stages that it needs from Ray's object store, and leaves its own there: the nodes share no
disk. While a stage runs, its state goes to a keeper beside this program whenever it is saved, so that a task whose node dies
goes on from there on another one.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import on_ray
import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

ray.cloudpickle.register_pickle_by_value(on_ray)

RETRIES = 100
FOLDERS = ("runs", "checkpoints", "traces", "preferences")


def files_below(path):
    """The files of a folder, or the file itself."""
    return [file for file in sorted(path.rglob("*")) if file.is_file()] if path.is_dir() else [path]


def files_of(place, name):
    """The files of a stage below a place: those in its folders, and those that begin with its name."""
    for folder in FOLDERS:
        for path in sorted((place / folder).glob(f"{name}*")):
            if path.name != name and not path.name.startswith(f"{name}."):
                continue
            yield from (file for file in files_below(path) if not file.name.endswith((".tmp", ".lock")))


def info_of(place, name):
    """The text of a run's run.json, or None."""
    try:
        return (place / "runs" / name / "run.json").read_text()
    except FileNotFoundError:
        return None


def packed(place, name):
    """The files of a stage as bytes. What is saved meanwhile is packed again, so that all of it is of one moment."""
    while True:
        before = info_of(place, name)
        into = io.BytesIO()
        try:
            with tarfile.open(fileobj=into, mode="w") as tar:
                for file in files_of(place, name):
                    tar.add(file, arcname=str(file.relative_to(place)))
        except FileNotFoundError:
            continue
        if info_of(place, name) == before:
            return into.getvalue()


def unpack(data, place):
    """Writes packed files, each under another name first."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar.getmembers():
            file = place / member.name
            file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = file.with_name(f"{file.name}.{os.getpid()}.tmp")
            unfinished.write_bytes(tar.extractfile(member).read())
            unfinished.replace(file)


def packed_reads(job):
    """What every stage reads of the reader's files, as bytes, with a mark of its own."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w", dereference=True) as tar:
        for file in (file for name in job["reads"] for file in files_below(Path(job["local"]) / name)):
            tar.add(file, arcname=str(file.relative_to(job["local"])))
    data = into.getvalue()
    return hashlib.sha256(data).hexdigest()[:16], data


def folder_of_reads(job, root):
    """Where what every stage reads is on this machine: here, or where it was written once."""
    if not job["isCopied"]:
        return Path(job["local"])
    mark, reference = job["brought"]
    folder = root / "data/local/brought" / mark
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".tmp")
            unpack(fetch(reference), unfinished)
            unfinished.replace(folder)
    return folder


def new_folder(job, name, root):
    """A folder like that of the project for one stage, with all that it reads and no more. The reader's files are in data/local."""
    reads = folder_of_reads(job, root) if job["reads"] else None
    folder = Path(tempfile.mkdtemp(prefix=f"r1-{name}-"))
    local = folder / "data/local"
    (local / job["within"]).mkdir(parents=True)
    (folder / "lib").symlink_to(root / "lib")  # the reader's own task asks for it
    for read in job["reads"]:
        target = local / read
        target.parent.mkdir(parents=True, exist_ok=True)
        if (reads / read).is_dir():
            target.symlink_to(reads / read)
        else:
            shutil.copy(reads / read, target)
    return folder, local


@ray.remote(num_cpus=0)
class Keeper:
    """Stays beside the driver: what each stage has saved, and what it says. `stopped` is what the person wants."""

    def __init__(self):
        self.states, self.said, self.stopped = {}, [], False

    def save(self, name, state):
        self.states[name] = state

    def state(self, name):
        return self.states.get(name)

    def say(self, name, what):
        self.said.append([name, what])

    def hear(self):
        said, self.said = self.said, []
        return said

    def stop(self):
        self.stopped = True

    def is_stopped(self):
        return self.stopped


def listen(process, said):
    """Keeps the last lines that a process says."""
    for line in process.stdout:
        said.append(line.rstrip("\n").split("\r")[-1].strip())
        del said[:-20]


def is_running(process):
    """Waits half a second, or until a process has ended."""
    try:
        process.wait(timeout=0.5)
        return False
    except subprocess.TimeoutExpired:
        return True


def fetch(ref):
    """What a reference stands for. In the thread of a task, ray.get would give its cores to another task meanwhile."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(ray.get, ref).result()


def run_stage(job, task, keeper, *needed):
    """Makes one stage, or goes on with it. Returns its files, or None where the person stopped it."""
    name, began = task["name"], time.time()
    if any(files is None for files in needed) or fetch(keeper.is_stopped.remote()):
        return None
    if job["isCopied"]:
        keeper.say.remote(name, f"{os.uname().nodename} gets ready")
    root, node = on_ray.set_up(job)
    folder, local = new_folder(job, name, root)
    place = local / job["within"]
    try:
        for files in needed:
            unpack(files, place)
        state = fetch(keeper.state.remote(name))
        if state is not None:
            unpack(state, place)
        keeper.say.remote(name, f"on {os.uname().nodename}")
        cores = on_ray.Cores(task["cores"])
        command = [node, "--import", "tsx", "lib/commands/recipe.ts", *task["arguments"]]
        process = on_ray.begin(command, root, cores.numbers(), env={"R1_LOCAL": str(local)}, stderr=subprocess.STDOUT, text=True)
        said = []
        listener = threading.Thread(target=listen, args=(process, said), daemon=True)
        listener.start()
        saved, told, asked = info_of(place, name), None, False
        while is_running(process):
            now = info_of(place, name)
            if now != saved:
                fetch(keeper.save.remote(name, packed(place, name)))
                saved = now
            if said and said[-1] != told:
                told = said[-1]
                keeper.say.remote(name, told)
            if not asked and fetch(keeper.is_stopped.remote()):
                asked = True
                process.send_signal(signal.SIGINT)
        listener.join(timeout=5)
        stopped = process.returncode in (130, -signal.SIGINT)
        if process.returncode != 0 and not stopped:
            raise RuntimeError(next((line for line in reversed(said) if line), f"code {process.returncode}"))
        files = packed(place, name)
        fetch(keeper.save.remote(name, files))  # a node that dies takes its objects with it
        if stopped:
            return None
        keeper.say.remote(name, f"done in {time.time() - began:.0f} s")
        return files
    finally:
        subprocess.run(["rm", "-rf", str(folder)], check=False)


def say(**what):
    print(json.dumps(what), flush=True)


def main():
    job = json.loads(sys.stdin.readline())
    on_ray.start(job)
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    keeper = Keeper.options(scheduling_strategy=here).remote()
    place = Path(job["place"])
    threading.Thread(target=lambda: (sys.stdin.read(), ray.get(keeper.stop.remote())), daemon=True).start()
    results = {name: ray.put(packed(place, name)) for name in job["done"]}
    about = {key: value for key, value in job.items() if key != "tasks"}
    if job["reads"] and job["isCopied"]:
        mark, data = packed_reads(job)
        about["brought"] = mark, ray.put(data)
        del data
    stage, about = ray.remote(run_stage), ray.put(about)
    for task in job["tasks"]:
        if info_of(place, task["name"]) is not None:
            ray.get(keeper.save.remote(task["name"], packed(place, task["name"])))
        needed = [results[need] for need in task["needs"]]
        options = {"num_cpus": task["cores"], "memory": task["memory"], "max_retries": RETRIES, "retry_exceptions": False}
        results[task["name"]] = stage.options(**options).remote(about, task, keeper, *needed)
    tasks = {task["name"]: task for task in job["tasks"]}
    waiting = {results[name]: name for name in tasks}
    failed = set()
    while waiting:
        ready, _ = ray.wait(list(waiting), timeout=0.5)
        for name, what in ray.get(keeper.hear.remote()):
            say(name=name, says=what)
        for ref in ready:
            name = waiting.pop(ref)
            needs = [need for need in tasks[name]["needs"] if need in failed]
            if needs:
                failed.add(name)
                say(name=name, failed=f"not begun: it needs {needs[0]}")
                continue
            try:
                files = ray.get(ref)
            except ray.exceptions.RayError as error:
                failed.add(name)
                say(name=name, failed=on_ray.reason(error))
                continue
            state = files or ray.get(keeper.state.remote(name))
            if state is not None:
                unpack(state, place)
            say(name=name, **({"finished": True} if files else {"stopped": True}))
    ray.shutdown()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    try:
        main()
    except ray.exceptions.RayError as error:
        raise SystemExit(on_ray.reason(error)) from None
