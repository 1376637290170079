"""The decoder of lib/model and the work of lib/bench in PyTorch, for `npm run bench -- --against torch`.

Reads one JSON request per line from standard input and answers each with one JSON line. `load` opens a checkpoint
folder and returns the logits of some sequences, so that both sides can be shown to compute the same; every other
request does one piece of work once and returns {"tokens": useful tokens, "seconds": wall time}.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file


class Decoder(nn.Module):
    """Llama: RMSNorm, half-split rotary positions, SwiGLU, tied embedding, grouped key/value heads, no biases."""

    def __init__(self, folder):
        super().__init__()
        c = json.loads(Path(folder, "config.json").read_text())
        self.layers, self.heads, self.kv_heads = c["num_hidden_layers"], c["num_attention_heads"], c["num_key_value_heads"]
        self.width, self.head_dim, self.context = c["hidden_size"], c["head_dim"], c["max_position_embeddings"]
        self.vocabulary, self.epsilon = c["vocab_size"], c["rms_norm_eps"]
        weights = load_file(Path(folder, "model.safetensors"))
        part = lambda l, name: weights[f"model.layers.{l}.{name}.weight"]
        parameters = lambda make: nn.ParameterList(nn.Parameter(make(l)) for l in range(self.layers))
        stacked = lambda l, group, names: torch.cat([part(l, f"{group}.{n}_proj") for n in names])
        self.embedding = nn.Parameter(weights["model.embed_tokens.weight"])
        self.norm = nn.Parameter(weights["model.norm.weight"])
        self.norm1 = parameters(lambda l: part(l, "input_layernorm"))
        self.norm2 = parameters(lambda l: part(l, "post_attention_layernorm"))
        self.qkv = parameters(lambda l: stacked(l, "self_attn", "qkv"))
        self.out = parameters(lambda l: part(l, "self_attn.o_proj"))
        self.gate_up = parameters(lambda l: stacked(l, "mlp", ["gate", "up"]))
        self.down = parameters(lambda l: part(l, "mlp.down_proj"))
        half = self.head_dim // 2
        angles = torch.arange(self.context)[:, None] * c["rope_theta"] ** (-torch.arange(half) / half)
        self.cos = torch.cat([angles.cos()] * 2, -1)
        self.sin = torch.cat([-angles.sin(), angles.sin()], -1)

    def normed(self, x, gain):
        return F.rms_norm(x, (self.width,), gain, self.epsilon)

    def forward(self, ids, cache=None):
        hd, H, KV = self.head_dim, self.heads, self.kv_heads
        B, T = ids.shape
        start = cache[0][0].shape[2] if cache and cache[0] else 0
        cos, sin = self.cos[start : start + T, None], self.sin[start : start + T, None]
        x = F.embedding(ids, self.embedding)
        for l in range(self.layers):
            z = F.linear(self.normed(x, self.norm1[l]), self.qkv[l]).view(B, T, H + 2 * KV, hd)
            qk = z[:, :, : H + KV]
            qk = qk * cos + qk.roll(hd // 2, -1) * sin
            q, k = qk[:, :, :H].transpose(1, 2), qk[:, :, H:].transpose(1, 2)
            v = z[:, :, H + KV :].transpose(1, 2)
            if cache is not None:
                if cache[l]:
                    k, v = torch.cat([cache[l][0], k], 2), torch.cat([cache[l][1], v], 2)
                cache[l] = (k, v)
            if T == 1 and KV == 1:  # one product per row instead of one per head
                a = (q[:, :, 0] @ k[:, 0].transpose(1, 2) * hd**-0.5).softmax(-1)
                y = (a @ v[:, 0]).reshape(B, 1, H * hd)
            else:
                k, v = (t.repeat_interleave(H // KV, 1) for t in (k, v))
                y = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1).transpose(1, 2).reshape(B, T, H * hd)
            x = x + F.linear(y, self.out[l])
            gate, up = F.linear(self.normed(x, self.norm2[l]), self.gate_up[l]).chunk(2, -1)
            x = x + F.linear(F.silu(gate) * up, self.down[l])
        return F.linear(self.normed(x, self.norm), self.embedding)


class Bench:
    def load(self, folder, ids):
        torch.manual_seed(0)
        self.folder = folder
        self.model = Decoder(folder)
        self.compiled = torch.compile(self.model)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), 1e-6, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        self.transformer = None
        with torch.inference_mode():
            logits = [self.model(torch.tensor([row]))[0].flatten().tolist() for row in ids]
        return {"version": torch.__version__, "logits": logits}

    def product(self):
        """Billion operations a second in matrix products of 1024 x 1024 x 1024: the best of ten rounds of ten."""
        a, b, seconds = torch.rand(1024, 1024), torch.rand(1024, 1024), []
        for _ in range(10):
            began = time.perf_counter()
            for _ in range(10):
                a @ b
            seconds.append(time.perf_counter() - began)
        return {"gflops": round(10 * 2 * 1024**3 / 1e9 / min(seconds))}

    def update(self):
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def train(self, rows, length, steps, compiled):
        """Does steps of next-token training on random tokens."""
        for _ in range(steps):
            ids = torch.randint(0, self.model.vocabulary, (rows, length + 1))
            logits = (self.compiled if compiled else self.model)(ids[:, :-1])
            loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
            loss.backward()
            self.update()
            loss.item()
        return steps * rows * length

    @torch.inference_mode()
    def rollouts(self, prompts, group, new_tokens):
        """Samples completions of prompts of one length, with their log-probabilities. Finished rows are dropped."""
        current = torch.tensor(prompts).repeat_interleave(group, 0)
        rows = torch.arange(len(current))
        ids, logprobs = [[] for _ in rows], [[] for _ in rows]
        cache = [None] * self.model.layers
        done = torch.zeros(len(rows), dtype=torch.bool)
        for _ in range(new_tokens):
            p = self.model(current, cache)[:, -1].softmax(-1)
            chosen = (p / torch.empty_like(p).exponential_()).argmax(-1)
            chances = p.gather(1, chosen[:, None])[:, 0].log().tolist()
            for row, is_done, token, chance in zip(rows.tolist(), done.tolist(), chosen.tolist(), chances):
                if not is_done:
                    ids[row].append(token)
                    logprobs[row].append(chance)
            done = done | (chosen == 2)
            keep = (~done).nonzero()[:, 0]
            if len(keep) == 0:
                break
            if len(keep) < 0.9 * len(done):
                cache = [(k[keep], v[keep]) for k, v in cache]
                chosen, done, rows = chosen[keep], done[keep], rows[keep]
            current = chosen[:, None]
        return ids, logprobs

    def decode(self, prompts, group, new_tokens):
        ids, _ = self.rollouts(prompts, group, new_tokens)
        return sum(map(len, ids))

    def generate(self, prompts, group, new_tokens):
        """Lets the transformers library sample exactly `new_tokens` tokens for each row."""
        if self.transformer is None:
            from transformers import AutoModelForCausalLM

            self.transformer = AutoModelForCausalLM.from_pretrained(self.folder, dtype=torch.float32)
        start = torch.tensor(prompts).repeat_interleave(group, 0)
        length = {"max_new_tokens": new_tokens, "min_new_tokens": new_tokens}
        with torch.inference_mode():
            mask = torch.ones_like(start)
            self.transformer.generate(start, attention_mask=mask, do_sample=True, top_k=0, **length)
        return len(start) * new_tokens

    def grpo(self, prompts, group, new_tokens):
        """Samples rollouts and does two updates. The rewards are 0 and 1 in turn, so that no group is left out."""
        completions, old = self.rollouts(prompts, group, new_tokens)
        length = len(prompts[0])
        rows = [list(prompts[i // group]) + c for i, c in enumerate(completions)]
        reward = torch.tensor([float(i % 2) for i in range(len(rows))]).view(-1, group)
        advantage = ((reward - reward.mean(1, keepdim=True)) / (reward.std(1, keepdim=True) + 1e-4)).flatten()
        for half in torch.randperm(len(rows)).chunk(2):
            order = sorted(half.tolist(), key=lambda i: len(rows[i]))
            tokens = sum(len(completions[i]) for i in order)
            while order:  # padded batches of at most 8,192 places, of rows of similar length
                count = max(1, 8192 // len(rows[order[-1]]))
                batch, order = order[-count:], order[:-count]
                T = max(len(rows[i]) for i in batch)
                ids = torch.tensor([rows[i] + [0] * (T - len(rows[i])) for i in batch])
                before, mask = torch.zeros(len(batch), T - 1), torch.zeros(len(batch), T - 1)
                for j, i in enumerate(batch):
                    place = slice(length - 1, length - 1 + len(completions[i]))
                    before[j, place], mask[j, place] = torch.tensor(old[i]), 1.0
                logits = self.model(ids[:, :-1])
                logprobs = F.log_softmax(logits, -1).gather(2, ids[:, 1:, None])[:, :, 0]
                ratio = ((logprobs - before) * mask).exp()
                a = advantage[batch][:, None]
                loss = -(torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a) * mask).sum() / tokens
                loss.backward()
            self.update()
        return sum(map(len, completions))

    def trl(self, prompts, group, new_tokens, steps):
        """Lets TRL's GRPOTrainer do whole steps, and returns the tokens and seconds of each."""
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.folder, padding_side="left")
        texts = [tokenizer.decode(p[1:]) for p in prompts]
        rows = len(prompts) * group
        return trl_steps(
            self.folder, tokenizer, texts, steps, per_device_train_batch_size=rows, num_generations=group, max_completion_length=new_tokens
        )


def trl_steps(folder, tokenizer, texts, steps, peft_config=None, **settings):
    """Runs GRPOTrainer with rewards of 0 and 1 in turn: tokens and seconds of each step after the first, which warms up."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    began, counts = [], []

    class Clock(TrainerCallback):
        def on_step_begin(self, args, state, control, **_):
            began.append(time.perf_counter())
            counts.append(0)

    def rewards(completion_ids, **_):
        counts[-1] += sum(map(len, completion_ids))
        return [float(i % 2) for i in range(len(completion_ids))]

    # One step more: the end of a step is the beginning of the next.
    config = GRPOConfig(
        output_dir=tempfile.mkdtemp(), max_steps=steps + 2, beta=0.0, learning_rate=1e-6, report_to=[], save_strategy="no",
        logging_steps=1000, use_cpu=True, disable_tqdm=True, top_k=0, gradient_checkpointing=False, bf16=False, **settings,
    )
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), reward_funcs=rewards, args=config,
        processing_class=tokenizer, callbacks=[Clock()], train_dataset=Dataset.from_dict({"prompt": texts * (steps + 2)}),
        peft_config=peft_config,
    )
    trainer.train()
    seconds = [b - a for a, b in zip(began, began[1:])]
    return {"tokens": counts[1 : 1 + steps], "seconds": seconds[1 : 1 + steps]}


def answer(bench, work, **arguments):
    """Does one request: work that reports its own tokens and seconds returns an object, all other its tokens."""
    began = time.perf_counter()
    done = getattr(bench, work)(**arguments)
    return done if isinstance(done, dict) else {"tokens": done, "seconds": time.perf_counter() - began}


def serve(bench):
    """Answers the requests on standard input until it ends."""
    replies, sys.stdout = sys.stdout, sys.stderr  # libraries may print to standard output
    for line in sys.stdin:
        try:
            reply = answer(bench, **json.loads(line))
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    serve(Bench())
