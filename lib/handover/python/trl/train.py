"""
R1-Zero with TRL's GRPOTrainer, on the checkpoint, problems and rewards in this folder, with the settings of the workbook.

    python train.py                                   one process
    accelerate launch --num_processes 2 train.py      two; add --cpu where there is no GPU

Needs torch, transformers, trl, datasets, accelerate, and peft where settings.json asks for adapters.
"""

import argparse
import csv
import io
import json
import os
import platform
import time
from pathlib import Path

import torch
import transformers
import trl
from accelerate import PartialState
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from r1_rewards import verify
from r1_rewards.trainers import completion_of, trl as parts_of_reward

here = Path(__file__).parent
KEPT = 8  # completions of each step, for reading


class Run(TrainerCallback):
    """Writes a run as the workbook does: run.json, a row of metrics.csv for each step of rollouts, rollouts.jsonl."""

    names = {
        "tokens": "num_tokens",
        "reward/mean": "reward",
        "reward/std": "reward_std",
        "reward/accuracy": "rewards/accuracy/mean",
        "reward/format": "rewards/format/mean",
        "completion/length": "completions/mean_length",
        "policy/entropy": "entropy",
        "loss/policy": "loss",
        "loss/gradientNorm": "grad_norm",
        "learningRate": "learning_rate",
    }

    def __init__(self, folder, settings, tokenizer):
        self.folder, self.settings, self.tokenizer = folder, settings, tokenizer
        self.rows, self.logs, self.kept, self.began = [], [], [], time.time()

    def on_log(self, args, state, control, logs=None, **_):
        if not state.is_world_process_zero or "loss" not in logs:
            return
        self.logs.append({name: float(value) for name, value in logs.items()})
        if len(self.logs) < self.settings["updatesPerBatch"]:
            return
        row = {"step": len(self.rows), "seconds": round(time.time() - self.began, 3)}
        for ours, theirs in self.names.items():
            values = [one[theirs] for one in self.logs if theirs in one]
            row[ours] = round(sum(values) / len(values), 6) if values else ""
        self.rows.append(row)
        self.logs = []
        self.write(finished=False)

    def keep(self, prompts, completion_ids, ground_truth, **_):
        """Keeps some completions of a step: a reward function that pays nothing."""
        for i in range(0, len(prompts), max(1, len(prompts) // KEPT)):
            problem = json.loads(ground_truth[i])
            said = completion_of(self.tokenizer, completion_ids[i])
            correct = verify(problem, said)["correct"]
            about = {name: problem[name] for name in ("task", "level", "language")}
            record = {"step": len(self.rows), "split": "train", **about, "prompt": prompts[i][-1]["content"]}
            self.kept.append({**record, "completion": said, "reward": {"total": float(correct)}, "correct": correct})
        return [0.0] * len(prompts)

    def put(self, name, text):
        """Writes a file under another name first, so that nothing half written is left."""
        unfinished = self.folder / f"{name}.tmp"
        unfinished.write_text(text)
        unfinished.replace(self.folder / name)

    def write(self, finished):
        table = io.StringIO()
        writer = csv.DictWriter(table, fieldnames=list(self.rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        self.put("metrics.csv", table.getvalue())
        self.put("rollouts.jsonl", "".join(json.dumps(one) + "\n" for one in self.kept))
        last = self.rows[-1]
        versions = {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__, "trl": trl.__version__}
        info = {
            "stage": "r1-zero-trl", "size": self.settings["size"], "seed": self.settings["seed"], "config": self.settings, "versions": versions,
            "commit": "none", "finished": finished, "steps": len(self.rows), "seconds": last["seconds"], "tokens": int(last["tokens"]),
        }
        self.put("run.json", json.dumps(info, indent=2) + "\n")


def problems():
    """The training problems; a table that lacks a column is refused by name."""
    table = load_dataset("parquet", data_files=str(here / "data/train.parquet"), split="train")
    missing = [name for name in ("prompt", "ground_truth") if name not in table.column_names]
    if missing:
        raise SystemExit(f"data/train.parquet has no column {', '.join(missing)}: hand the problems over again, for trl")
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("--steps", type=int, help="of rollouts; default: as many as there are problems for")
    parser.add_argument("--output", type=Path, default=here / "output")
    asked = parser.parse_args()
    settings = json.loads((here / "settings.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(here / "checkpoint", padding_side="left")
    processes = PartialState().num_processes
    completions = settings["promptsPerStep"] * settings["groupSize"]
    updates = settings["updatesPerBatch"]
    per_process, rest = divmod(completions, processes * updates)
    if rest:
        raise SystemExit(f"{completions} completions in {updates} updates do not divide by {processes} processes: use another number")
    steps = asked.steps or settings["steps"]
    config = GRPOConfig(
        output_dir=str(asked.output),
        max_steps=steps * updates,
        per_device_train_batch_size=per_process,
        steps_per_generation=updates,
        gradient_accumulation_steps=1,
        num_generations=settings["groupSize"],
        max_completion_length=settings["maxNewTokens"],
        temperature=settings["temperature"],
        top_k=0,
        learning_rate=settings["learningRate"],
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=settings["warmUpSteps"] * updates,
        adam_beta1=settings["beta1"],
        adam_beta2=settings["beta2"],
        adam_epsilon=settings["epsilon"],
        weight_decay=settings["weightDecay"],
        max_grad_norm=settings["maxGradientNorm"],
        epsilon=settings["clipEpsilonLow"],
        epsilon_high=settings["clipEpsilonHigh"],
        beta=settings["klCoef"],
        loss_type="dapo",  # the mean over all tokens of an update
        scale_rewards="group",
        reward_weights=[*settings["rewards"].values(), 0.0],
        shuffle_dataset=False,
        gradient_checkpointing=False,
        bf16=torch.cuda.is_available(),
        use_cpu=not torch.cuda.is_available(),
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        seed=settings["seed"],
    )
    lora = settings.get("lora")
    if lora:
        from peft import LoraConfig

        modules = {name: f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")}
        lora = LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], target_modules=[modules[name] for name in lora["targets"]])
    asked.output.mkdir(parents=True, exist_ok=True)
    run = Run(asked.output, settings, tokenizer)
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(here / "checkpoint", dtype=torch.float32),
        reward_funcs=[*parts_of_reward(tokenizer), run.keep],
        args=config,
        processing_class=tokenizer,
        train_dataset=problems(),
        peft_config=lora or None,
        callbacks=[run],
    )
    trainer.train()
    if trainer.accelerator.is_main_process:
        run.write(finished=True)
    trainer.save_model(str(asked.output / "checkpoint"))


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
