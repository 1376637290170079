"""
Computes TRL's GRPO loss and its gradient on one frozen batch: `trl_loss.py CHECKPOINT BATCH GRADIENTS`. BATCH is JSON,
GRADIENTS a safetensors file with the gradients of the workbook. Prints the loss and the largest relative distance.
"""

import json
import sys
import tempfile

import torch
from datasets import Dataset
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer


def padded(rows, value, left=False):
    most = max(map(len, rows))
    return torch.tensor([[value] * (most - len(r)) + r if left else r + [value] * (most - len(r)) for r in rows])


def main(checkpoint, batch_file, gradients_file):
    batch = json.load(open(batch_file))
    tokenizer = AutoTokenizer.from_pretrained(checkpoint, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    config = GRPOConfig(
        output_dir=tempfile.mkdtemp(), loss_type="dapo", beta=0.0, epsilon=batch["clipLow"], epsilon_high=batch["clipHigh"],
        per_device_train_batch_size=len(batch["prompts"]), num_generations=batch["groupSize"], steps_per_generation=1,
        use_cpu=True, bf16=False, gradient_checkpointing=False, report_to=[],
    )
    trainer = GRPOTrainer(
        model=model, reward_funcs=lambda prompts, **_: [0.0] * len(prompts), args=config, processing_class=tokenizer,
        train_dataset=Dataset.from_dict({"prompt": ["make"] * len(batch["prompts"])}),
    )
    trainer.current_gradient_accumulation_steps = 1
    model.train()
    pad = tokenizer.pad_token_id
    mask = padded([[1] * len(row) for row in batch["completions"]], 0)
    inputs = {
        "prompt_ids": padded(batch["prompts"], pad, left=True),
        "prompt_mask": padded([[1] * len(row) for row in batch["prompts"]], 0, left=True),
        "completion_ids": padded(batch["completions"], pad),
        "completion_mask": mask,
        "advantages": torch.tensor(batch["advantages"]),
        "old_per_token_logps": padded(batch["oldLogprobs"], 0.0),
        "num_items_in_batch": mask.sum(),
    }
    loss = trainer._compute_loss(model, inputs)
    loss.backward()
    theirs = {name: p.grad for name, p in model.named_parameters()}
    ours = load_file(gradients_file)
    size = max(float(g.abs().max()) for g in theirs.values())
    distance = max(float((theirs[name] - ours[name]).abs().max()) for name in theirs)
    print(json.dumps({"loss": float(loss), "gradients": len(theirs), "distance": distance, "largest": size}))


main(*sys.argv[1:])
