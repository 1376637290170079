"""The same decoder in PyTorch, for `npm run bench`: one training step and decoding with a KV cache.

Called with a JSON object {"config": ..., "rows": B, "length": T, "decodeRows": n, "maxNewTokens": m, "repeats": r};
prints one JSON object with the tokens per second of each repeat.
"""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Decoder(nn.Module):
    """Llama: RMSNorm, half-split rotary positions, SwiGLU, tied embedding, grouped key/value heads, no biases."""

    def __init__(self, c):
        super().__init__()
        self.c = c
        d, hd, H, KV, Fd = c["modelDim"], c["headDim"], c["numHeads"], c["numKvHeads"], c["hiddenDim"]
        matrix = lambda i, o: nn.Parameter(torch.randn(i, o) * i**-0.5)
        layers = range(c["numLayers"])
        self.embedding = nn.Parameter(torch.randn(c["vocabSize"], d) * 0.5 * d**-0.5)
        self.qkv = nn.ParameterList(matrix(d, (H + 2 * KV) * hd) for _ in layers)
        self.out = nn.ParameterList(matrix(H * hd, d) for _ in layers)
        self.gate_up = nn.ParameterList(matrix(d, 2 * Fd) for _ in layers)
        self.down = nn.ParameterList(matrix(Fd, d) for _ in layers)
        self.norm1 = nn.ParameterList(nn.Parameter(torch.ones(d)) for _ in layers)
        self.norm2 = nn.ParameterList(nn.Parameter(torch.ones(d)) for _ in layers)
        self.norm = nn.Parameter(torch.ones(d))
        angles = torch.arange(c["contextLength"])[:, None] * 10000.0 ** (-torch.arange(hd // 2) / (hd // 2))
        self.cos = torch.cat([angles.cos()] * 2, -1)
        self.sin = torch.cat([-angles.sin(), angles.sin()], -1)

    def norm_of(self, x, gain):
        return F.rms_norm(x, (self.c["modelDim"],), gain, 1e-5)

    def forward(self, ids, cache=None):
        c = self.c
        hd, H, KV = c["headDim"], c["numHeads"], c["numKvHeads"]
        B, T = ids.shape
        start = cache[0][0].shape[2] if cache and cache[0] else 0
        cos, sin = self.cos[start : start + T, None], self.sin[start : start + T, None]
        x = F.embedding(ids, self.embedding)
        for l in range(c["numLayers"]):
            z = (self.norm_of(x, self.norm1[l]) @ self.qkv[l]).view(B, T, H + 2 * KV, hd)
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
            x = x + y @ self.out[l]
            gate, up = (self.norm_of(x, self.norm2[l]) @ self.gate_up[l]).chunk(2, -1)
            x = x + (F.silu(gate) * up) @ self.down[l]
        return self.norm_of(x, self.norm) @ self.embedding.t()


def train_rates(model, rows, length, repeats):
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, betas=(0.9, 0.95), fused=True)
    ids = torch.randint(0, model.c["vocabSize"], (rows, length + 1))
    rates = []
    for i in range(repeats + 3):
        began = time.perf_counter()
        optimizer.zero_grad()
        logits = model(ids[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        if i >= 3:
            rates.append(rows * length / (time.perf_counter() - began))
    return rates


@torch.inference_mode()
def decode_rates(model, rows, max_new, repeats):
    rates = []
    for i in range(repeats + 1):
        began = time.perf_counter()
        current = torch.randint(3, model.c["vocabSize"], (rows, 8))
        cache = [None] * model.c["numLayers"]
        done = torch.zeros(rows, dtype=torch.bool)
        tokens = 0
        for _ in range(max_new):
            logits = model(current, cache)[:, -1]
            p = logits.softmax(-1)
            ids = (p / torch.empty_like(p).exponential_()).argmax(-1)
            tokens += int((~done).sum())
            done = done | (ids == 2)
            keep = (~done).nonzero()[:, 0]
            if len(keep) == 0:
                break
            if len(keep) < 0.9 * len(done):  # finished rows are dropped
                cache = [(k[keep], v[keep]) for k, v in cache]
                ids, done = ids[keep], done[keep]
            current = ids[:, None]
        if i >= 1:
            rates.append(tokens / (time.perf_counter() - began))
    return rates


def main():
    task = json.loads(sys.argv[1])
    torch.manual_seed(0)
    model = Decoder(task["config"])
    result = {
        "version": torch.__version__,
        "train": train_rates(model, task["rows"], task["length"], task["repeats"]),
        "decode": decode_rates(model, task["decodeRows"], task["maxNewTokens"], task["repeats"]),
    }
    print(json.dumps(result))


main()
