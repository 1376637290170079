"""
Runs the recipe's graph on Ray: one task for each stage of a seed. Reads a job as JSON on standard input, writes what
happens as lines of JSON on standard output, and stops the stages between two steps when its input ends.

A task gets the folders of the stages that it needs from Ray's object store, and leaves its own there: the nodes share no
disk. While a stage runs, its state goes to a keeper beside this program whenever it is saved, so that a task whose node dies
goes on from there on another one.
"""

import ctypes
import fcntl
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

RETRIES = 100
FOLDERS = ("runs", "checkpoints", "traces", "preferences")


def files_of(place, name):
    """The files of a stage below a place: those in its folders, and those that begin with its name."""
    for folder in FOLDERS:
        for path in sorted((place / folder).glob(f"{name}*")):
            if path.name != name and not path.name.startswith(f"{name}."):
                continue
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file() and not file.name.endswith((".tmp", ".lock")):
                    yield file


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


class Cores:
    """So many cores of this machine that no other task has. Ray counts cores and does not say which."""

    def __init__(self, count):
        folder = Path(tempfile.gettempdir()) / f"r1-cores-{os.getuid()}"
        folder.mkdir(exist_ok=True)
        self.held = []
        while len(self.held) < count:
            for core in sorted(os.sched_getaffinity(0)):
                file = open(folder / str(core), "w")
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    file.close()
                    continue
                self.held.append((core, file))
                if len(self.held) == count:
                    return
            for _, file in self.held:
                file.close()
            self.held = []
            time.sleep(0.2)

    def numbers(self):
        return {core for core, _ in self.held}


def set_up(job):
    """Where the code is on this machine: the clone itself, or the copy that Ray brought, set up once."""
    here = Path(job["root"])
    if not job["isCopied"]:
        if not here.exists():
            raise RuntimeError(f"{os.uname().nodename} has no clone at {here}: name Ray by its address, --on ray:ADDRESS")
        return here
    root = Path(os.getcwd())
    with open(Path(tempfile.gettempdir()) / f"r1-set-up-{os.getuid()}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = root / "data/local/set-up-for-ray"
        if not done.exists():
            made = subprocess.run([job["node"], "lib/setup/main.mjs", "setup"], cwd=root, capture_output=True, text=True)
            if made.returncode != 0:
                raise RuntimeError(f"set-up failed on {os.uname().nodename}: {last_line(made.stdout + made.stderr)}")
            done.parent.mkdir(parents=True, exist_ok=True)
            done.touch()
    return root


def last_line(text):
    lines = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    return lines[-1] if lines else "it said nothing"


def begin(command, root, environment, cores):
    """Starts a process on its cores, which does not outlive this one."""

    def prepare():
        os.setsid()
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        os.sched_setaffinity(0, cores)

    env = {**os.environ, **environment, "FORCE_COLOR": "0"}
    return subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=prepare)  # fmt: skip


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


def run_stage(job, task, keeper, *needed):
    """Makes one stage, or goes on with it. Returns its files, or None where the person stopped it."""
    name, began = task["name"], time.time()
    if any(files is None for files in needed) or ray.get(keeper.is_stopped.remote()):
        return None
    root = set_up(job)
    place = Path(tempfile.mkdtemp(prefix=f"r1-{name}-"))
    try:
        for files in needed:
            unpack(files, place)
        state = ray.get(keeper.state.remote(name))
        if state is not None:
            unpack(state, place)
        cores = Cores(task["cores"])
        command = [job["node"], "--import", "tsx", "lib/commands/recipe.ts", *task["arguments"]]
        process = begin(command, root, {"R1_LOCAL": str(place)}, cores.numbers())
        keeper.say.remote(name, f"on {os.uname().nodename}")
        said = []
        listener = threading.Thread(target=listen, args=(process, said), daemon=True)
        listener.start()
        saved, told, asked = info_of(place, name), None, False
        while is_running(process):
            now = info_of(place, name)
            if now != saved:
                ray.get(keeper.save.remote(name, packed(place, name)))
                saved = now
            if said and said[-1] != told:
                told = said[-1]
                keeper.say.remote(name, told)
            if not asked and ray.get(keeper.is_stopped.remote()):
                asked = True
                process.send_signal(signal.SIGINT)
        listener.join(timeout=5)
        stopped = process.returncode in (130, -signal.SIGINT)
        if process.returncode != 0 and not stopped:
            raise RuntimeError(next((line for line in reversed(said) if line), f"code {process.returncode}"))
        files = packed(place, name)
        ray.get(keeper.save.remote(name, files))  # a node that dies takes its objects with it
        if stopped:
            return None
        keeper.say.remote(name, f"done in {time.time() - began:.0f} s")
        return files
    finally:
        subprocess.run(["rm", "-rf", str(place)], check=False)


def say(**what):
    print(json.dumps(what), flush=True)


def start(job):
    """Connects to Ray, or starts one here. What goes wrong is one line."""
    address = job["address"]
    runtime = {"working_dir": job["root"], "excludes": job["excludes"]} if job["isCopied"] else None
    try:
        if address not in ("local", "auto"):
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()  # Ray itself tries for minutes
        own = {"include_dashboard": False} if address == "local" else {}
        ray.init(address=address, runtime_env=runtime, log_to_driver=False, logging_level="error", **own)
    except (OSError, RuntimeError, ValueError) as error:
        where = "Ray does not start here" if address == "local" else f"no Ray at {address}"
        raise SystemExit(f"{where} ({last_line(str(error)).rstrip('.')}): start one with ray start --head, or use --on ray") from None


def remote(task):
    options = {"num_cpus": task["cores"], "memory": task["memory"], "max_retries": RETRIES, "retry_exceptions": False}
    return ray.remote(**options)(run_stage)


def main():
    job = json.loads(sys.stdin.readline())
    start(job)
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    keeper = Keeper.options(scheduling_strategy=here).remote()
    place = Path(job["place"])
    threading.Thread(target=lambda: (sys.stdin.read(), ray.get(keeper.stop.remote())), daemon=True).start()
    results = {name: ray.put(packed(place, name)) for name in job["done"]}
    for task in job["tasks"]:
        if info_of(place, task["name"]) is not None:
            ray.get(keeper.save.remote(task["name"], packed(place, task["name"])))
        needed = [results[need] for need in task["needs"]]
        results[task["name"]] = remote(task).remote(job, task, keeper, *needed)
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
            except ray.exceptions.RayTaskError as error:
                failed.add(name)
                say(name=name, failed=last_line(str(error.cause)))
                continue
            except ray.exceptions.RayError as error:
                failed.add(name)
                say(name=name, failed=last_line(str(error)))
                continue
            state = files or ray.get(keeper.state.remote(name))
            if state is not None:
                unpack(state, place)
            say(name=name, **({"finished": True} if files else {"stopped": True}))
    ray.shutdown()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
