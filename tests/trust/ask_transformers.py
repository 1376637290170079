"""Answers prompts with transformers, trains with TRL, and reads the traces with datasets, for tests/trust/againstTransformers.ts.

A line of JSON on standard input says what to do; a line of JSON on standard output says what came of it. Everything is
called as most people call it: no argument is given that the folder of a checkpoint should already give.
"""

import json
import sys

import datasets
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, pipeline
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
datasets.disable_progress_bars()
torch.set_num_threads(1)  # the matrices are so small that a second thread only waits
prompts_of_pipeline = 8  # it does the same as the first way, so a few are enough


def answers(folder, prompts):
    """Answers each prompt alone, all in one padded batch, as a pipeline does it, and as a conversation."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)

    def generate(**inputs):
        return model.generate(**inputs)[:, inputs["input_ids"].shape[1] :]

    def text_of(ids):
        """The text up to its end token; what follows in a batch is padding."""
        text = tokenizer.decode(ids)
        return text.split(tokenizer.pad_token)[0].strip()

    single = [generate(**tokenizer(prompt, return_tensors="pt"))[0] for prompt in prompts]
    batch = generate(**tokenizer(prompts, return_tensors="pt", padding=True))
    chat = tokenizer.apply_chat_template(
        [[{"role": "user", "content": prompt}] for prompt in prompts],
        add_generation_prompt=True,
        padding=True,
        return_tensors="pt",
        return_dict=True,
    )
    pipe = pipeline("text-generation", model=folder, tokenizer=folder)
    return {
        "single": [text_of(ids) for ids in single],
        "batched": [text_of(ids) for ids in batch],
        "chat": [text_of(ids) for ids in generate(**chat)],
        "pipeline": [pipe(p, return_full_text=False)[0]["generated_text"] for p in prompts[:prompts_of_pipeline]],
    }


def ids(folder, texts):
    """The ids of texts without the token in front, and of a whole conversation."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    turns = [{"role": "user", "content": "make 3"}, {"role": "assistant", "content": "yes"}]
    refused = 0
    for others in [[], turns[1:], turns + turns[:1], [{"role": "system", "content": "so"}] + turns]:
        try:
            tokenizer.apply_chat_template(others, tokenize=False)
        except Exception:
            refused += 1
    return {
        "ids": [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts],
        "special": [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id],
        "conversation": tokenizer.apply_chat_template(turns, tokenize=False),
        "refused": refused,
    }


def rows(folder):
    """The number of rows of each split of the folder."""
    return {split: data.num_rows for split, data in datasets.load_dataset(folder).items()}


def trained(folder, prompts, traces, place):
    """Gives prompts to TRL as text and as messages; returns what a reward function gets, and what is imitated."""
    common = {
        **{"output_dir": f"{place}/trl", "max_steps": 1, "per_device_train_batch_size": 4, "use_cpu": True},
        **{"bf16": False, "report_to": [], "save_strategy": "no", "logging_strategy": "no", "disable_tqdm": True},
    }
    got = []

    def reward(completions, completion_ids, **_):
        got.append({"texts": completions, "ids": completion_ids})
        return [float(2 in ids) for ids in completion_ids]

    messages = [[{"role": "user", "content": prompt}] for prompt in prompts]
    for asked in [prompts, messages]:
        data = datasets.Dataset.from_dict({"prompt": asked})
        settings = GRPOConfig(num_generations=2, max_completion_length=150, **common)
        GRPOTrainer(model=folder, reward_funcs=reward, args=settings, train_dataset=data).train()
    rows = datasets.load_dataset(traces, split="small_dev1").select(range(4))
    answer = lambda row: [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": row["completion"]}]
    chats = datasets.Dataset.from_list([{"messages": answer(row)} for row in rows])
    imitated = []
    for data in [rows.select_columns(["prompt", "completion"]), chats]:
        trainer = SFTTrainer(model=folder, args=SFTConfig(**common), train_dataset=data)
        imitated.append([trainer.processing_class.decode(row["input_ids"]) for row in trainer.train_dataset])
    return {"rewarded": got, "imitated": imitated, "rows": [f"<bos> {row['prompt']} {row['completion']}" for row in rows]}


def foreign(folder, variants, tokens):
    """Saves a small model of each variant into a folder of its name, and returns its logits."""
    logits = {}
    for name, (model_type, options) in variants.items():
        torch.manual_seed(0)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(model_type, **options)).eval()
        with torch.no_grad():
            for weights in model.parameters():
                if weights.dim() > 1:
                    weights.normal_(0, 0.3)
                else:  # gains and biases
                    weights.add_(0.3 * torch.randn_like(weights))
            dtype = getattr(torch, options.get("dtype", "float32"))
            model.to(dtype).save_pretrained(f"{folder}/{name}", max_shard_size="40KB" if "files" in name else "1GB")
            saved = AutoModelForCausalLM.from_pretrained(f"{folder}/{name}", dtype=torch.float32)
            logits[name] = saved(torch.tensor([tokens])).logits.flatten().tolist()
    return logits


work = json.loads(sys.stdin.readline())
result = {
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "datasets": datasets.__version__},
    "answers": {folder: answers(folder, work["prompts"]) for folder in work["folders"]},
    "tokenizer": ids(work["folders"][0], work["texts"]),
    "traces": rows(work["traces"]),
    "trained": trained(work["folders"][0], work["prompts"][:4], work["traces"], work["place"]),
    "foreign": foreign(work["place"], work["variants"], work["tokens"]),
}
print(json.dumps(result))
