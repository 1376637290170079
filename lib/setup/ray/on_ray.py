"""
What the programs for Ray share: the way to a Ray, the set-up of another machine, and processes on cores of their own. The
programs send it to the workers by value, so that these need nothing of it.
"""

import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import ray
from ray._private.authentication import authentication_token_setup
from ray._raylet import GcsClient


def last_line(text):
    lines = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    return lines[-1] if lines else "it said nothing"


def reason(error):
    """What went wrong on Ray, in one line."""
    cause = getattr(error, "cause", None) or error
    if isinstance(cause, (ray.exceptions.ObjectStoreFullError, ray.exceptions.OutOfDiskError)):
        return "Ray's object store is full: free some space in its folder for temporary files, or give it more with ray start --object-store-memory"
    return last_line(str(cause)).removeprefix("RuntimeError: ")


def use_token(address):
    """Sends the token to a Ray that asks for one: Ray itself does so only where RAY_AUTH_MODE says it."""
    try:
        GcsClient(address=address)
    except ray.exceptions.AuthenticationError:
        authentication_token_setup.maybe_enable_token_auth_if_token_available()


def start(job):
    """Connects to Ray, or starts one here. What goes wrong is one line."""
    address = job["address"]
    runtime = {"working_dir": job["root"], "excludes": job["excludes"]} if job["isCopied"] else None
    try:
        if address not in ("local", "auto"):
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()  # Ray itself tries for minutes
            use_token(f"{host}:{port}")
        own = {"include_dashboard": False} if address == "local" else {}
        ray.init(address=address, runtime_env=runtime, log_to_driver=False, logging_level="error", **own)
    except (OSError, RuntimeError, ValueError) as error:
        versions = re.findall(r"Ray: (\S+)\s+Python: (\S+)", str(error))
        if "ersion mismatch" in str(error) and len(versions) == 2:
            (there, theirs), (own, ours) = versions
            raise SystemExit(f"the Ray at {address} is version {there} in Python {theirs}, here it is {own} in Python {ours}: start it with that one") from None
        if "InvalidAuthToken" in f"{error} {error.__cause__}":
            raise SystemExit(f"the Ray at {address} asks for its token: put it into ~/.ray/auth_token or RAY_AUTH_TOKEN, as on its first machine") from None
        where = "Ray does not start here" if address == "local" else f"no Ray at {address}"
        raise SystemExit(f"{where} ({last_line(str(error)).rstrip('.')}): start one with ray start --head, or use ray alone") from None


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


KIND = "`${process.platform} on ${process.arch} with Node ${process.versions.node.split('.')[0]}`"


def set_up(job):
    """
    Where the code is on this machine, and its Node: the clone itself, or the copy that Ray brought, set up once. A machine that
    cannot do it raises a RuntimeError of one line.
    """
    here, name = Path(job["root"]), os.uname().nodename
    if not job["isCopied"]:
        if not here.exists():
            raise RuntimeError(f"{name} has no clone at {here}: name Ray by its address, ray:ADDRESS")
        return here, job["node"]
    node = shutil.which("node")
    if node is None:
        raise RuntimeError(f"{name} has no Node: install the one that is in use here")
    kind = subprocess.run([node, "-p", KIND], capture_output=True, text=True).stdout.strip()
    if kind != job["kind"]:
        raise RuntimeError(f"{name} is {kind}, this machine {job['kind']}: use machines of one kind")
    root = Path(os.getcwd())
    with open(Path(tempfile.gettempdir()) / f"r1-set-up-{os.getuid()}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = root / "data/local/set-up-for-ray"
        if not done.exists():
            made = subprocess.run([node, "lib/setup/main.mjs", "setup"], cwd=root, capture_output=True, text=True)
            if made.returncode != 0:
                raise RuntimeError(f"set-up failed on {name}: {last_line(made.stdout + made.stderr)}")
            done.parent.mkdir(parents=True, exist_ok=True)
            done.touch()
    return root, node


def begin(command, root, cores, **options):
    """Starts a process on its cores, which does not outlive this one. Options are those of Popen."""

    def prepare():
        os.setsid()
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        os.sched_setaffinity(0, cores)

    env = {**os.environ, "FORCE_COLOR": "0", **options.pop("env", {})}
    return subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.PIPE, preexec_fn=prepare, **options)
