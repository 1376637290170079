"""
R1-Zero with verl, on the checkpoint, problems and rewards in this folder, with the settings of the workbook.

    python train.py [verl's own settings, such as trainer.n_gpus_per_node=2]
    python train.py --print    prints the command and runs nothing

Needs verl and a way to sample, such as vllm, on a GPU.
"""

import json
import os
import shlex
import sys
from pathlib import Path

here = Path(__file__).resolve().parent


def overrides():
    """The settings of the workbook in verl's names. What is not named here is as verl has it."""
    settings = json.loads((here / "settings.json").read_text())
    room = json.loads((here / "checkpoint/config.json").read_text())["max_position_embeddings"]
    prompts, updates = settings["promptsPerStep"], settings["updatesPerBatch"]
    actor, rollout = "actor_rollout_ref.actor", "actor_rollout_ref.rollout"
    chosen = {
        "data.train_files": here / "data/train.parquet",
        "data.val_files": here / "data/held-out.parquet",
        "data.train_batch_size": prompts,
        "data.max_prompt_length": min(256, room - settings["maxNewTokens"]),
        "data.max_response_length": settings["maxNewTokens"],
        "data.shuffle": False,
        "algorithm.adv_estimator": "grpo",
        "algorithm.norm_adv_by_std_in_grpo": True,
        "actor_rollout_ref.model.path": here / "checkpoint",
        f"{actor}.ppo_mini_batch_size": prompts // updates,
        f"{actor}.ppo_micro_batch_size_per_gpu": prompts // updates,
        f"{actor}.loss_agg_mode": "token-mean",
        f"{actor}.clip_ratio_low": settings["clipEpsilonLow"],
        f"{actor}.clip_ratio_high": settings["clipEpsilonHigh"],
        f"{actor}.use_kl_loss": settings["klCoef"] > 0,
        f"{actor}.kl_loss_coef": settings["klCoef"],
        f"{actor}.optim.lr": settings["learningRate"],
        f"{actor}.optim.lr_warmup_steps": settings["warmUpSteps"] * updates,
        f"{actor}.optim.betas": f"[{settings['beta1']},{settings['beta2']}]",
        f"{actor}.optim.weight_decay": settings["weightDecay"],
        f"{actor}.optim.clip_grad": settings["maxGradientNorm"],
        f"{rollout}.name": "vllm",
        f"{rollout}.n": settings["groupSize"],
        f"{rollout}.temperature": settings["temperature"],
        f"{rollout}.log_prob_micro_batch_size_per_gpu": prompts,
        "reward.custom_reward_function.path": here / "reward.py",
        "reward.custom_reward_function.name": "compute_score",
        "trainer.total_training_steps": settings["steps"],
        "trainer.n_gpus_per_node": 1,
        "trainer.logger": "[console]",
        "trainer.project_name": "r1-workbook",
    }
    if "lora" in settings:
        modules = ",".join(f"{name}_proj" for name in settings["lora"]["targets"])
        chosen["actor_rollout_ref.model.lora_rank"] = settings["lora"]["rank"]
        chosen["actor_rollout_ref.model.lora_alpha"] = settings["lora"]["alpha"]
        chosen["actor_rollout_ref.model.target_modules"] = f"[{modules}]"
    return [f"{name}={value}" for name, value in chosen.items()]


def refuse_tables():
    """A table that lacks a column that verl reads is refused by name."""
    from pyarrow import parquet

    for file in (here / "data/train.parquet", here / "data/held-out.parquet"):
        names = parquet.read_schema(file).names
        missing = [name for name in ("data_source", "prompt", "reward_model", "extra_info") if name not in names]
        if missing:
            raise SystemExit(f"data/{file.name} has no column {', '.join(missing)}: hand the problems over again, for verl")


def main():
    own = [argument for argument in sys.argv[1:] if argument != "--print"]
    command = [sys.executable, "-m", "verl.trainer.main_ppo", *overrides(), *own]
    if "--print" in sys.argv:
        print(shlex.join(command))
    else:
        refuse_tables()
        os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
