"""Opens a handed-over folder with verl, as far as that goes without a GPU: configuration, problems, and rewards."""

import asyncio
import json
import os
import sys

import numpy as np
import torch
import verl
from hydra import compose, initialize_config_dir
from tensordict import TensorDict
from transformers import AutoTokenizer
from verl import DataProto
from verl.trainer.ppo.reward import load_reward_manager
from verl.utils.dataset.rl_dataset import RLHFDataset

folder = sys.argv[1]
sys.path.insert(0, folder)
from train import overrides  # noqa: E402


def configuration():
    config_dir = os.path.join(os.path.dirname(verl.__file__), "trainer/config")
    with initialize_config_dir(config_dir=config_dir, version_base=None):
        return compose("ppo_trainer", overrides=overrides())


async def paid(manager, tokenizer, row, answer):
    ids = tokenizer(answer, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
    tensors = {"responses": torch.tensor([ids]), "attention_mask": torch.ones(1, len(ids) + 1, dtype=torch.long), "prompts": torch.tensor([[1]])}
    fields = {name: [row[name]] for name in ("data_source", "reward_model", "extra_info")}
    data = DataProto(
        batch=TensorDict(tensors, batch_size=1),
        non_tensor_batch={name: np.array(value, dtype=object) for name, value in fields.items()},
    )
    return await manager.run_single(data)


async def main():
    config = configuration()
    tokenizer = AutoTokenizer.from_pretrained(os.path.join(folder, "checkpoint"))
    rows = RLHFDataset(data_files=[config.data.train_files], tokenizer=tokenizer, config=config.data)
    manager = load_reward_manager(config, tokenizer)
    row = rows[0]
    solution = json.loads(row["reward_model"]["ground_truth"])["solution"]
    chain = " ".join([str(solution["start"]), *(f"{s['operator']} {s['operand']}" for s in solution["steps"])])
    said = [f"<think> {chain} </think> <answer> {answer} </answer>" for answer in (chain, "1 + 1")]
    rewards = [(await paid(manager, tokenizer, row, answer))["reward_score"] for answer in said]
    print(json.dumps({"rows": len(rows), "estimator": config.algorithm.adv_estimator, "rewards": rewards}))


asyncio.run(main())
