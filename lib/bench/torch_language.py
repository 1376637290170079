"""The work of lib/bench/languageModel.ts in transformers, PEFT and TRL, for `npm run bench -- --model NAME --against torch`.

Answers requests as torch_server.py does. Prompts and completions are token ids; all completions have the same length.
"""

import time

import torch
import transformers
from torch_server import serve, trl_steps

modules = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "o_proj", "gate": "gate_proj", "up": "up_proj", "down": "down_proj"}
rows_at_once = 16


class LanguageBench:
    def load(self, folder, ids, lora):
        from peft import LoraConfig

        torch.manual_seed(0)
        self.folder = folder
        self.model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, padding_side="left")
        self.lora = LoraConfig(
            r=lora["rank"], lora_alpha=lora["alpha"], target_modules=[modules[t] for t in lora["targets"]], task_type="CAUSAL_LM"
        )
        self.adapted = None
        with torch.inference_mode():
            logits = [self.model(torch.tensor([row])).logits[0, -1].tolist() for row in ids]
        return {"version": torch.__version__, "logits": logits}

    def padded(self, prompts):
        """Prompts of unequal length, padded on the left, with their mask."""
        longest = max(map(len, prompts))
        pad = self.tokenizer.pad_token_id
        ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
        return ids, mask

    def generate(self, prompts, group, new_tokens):
        ids, mask = self.padded([p for p in prompts for _ in range(group)])
        with torch.inference_mode():
            self.model.generate(
                ids, attention_mask=mask, do_sample=True, top_k=0, max_new_tokens=new_tokens, min_new_tokens=new_tokens
            )
        return len(ids) * new_tokens

    def update(self, prompts, group, new_tokens, completions):
        """One update of adapters with GRPO's loss: the logits of the completions' tokens alone, rows in parts."""
        if self.adapted is None:
            from peft import get_peft_model

            model = transformers.AutoModelForCausalLM.from_pretrained(self.folder, dtype=torch.float32)
            self.adapted = get_peft_model(model, self.lora).train()
            learned = [p for p in self.adapted.parameters() if p.requires_grad]
            self.optimizer = torch.optim.AdamW(learned, 1e-6, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
        ids, mask = self.padded([p for p in prompts for _ in range(group)])
        targets = torch.tensor(completions)
        ids = torch.cat([ids, targets], 1)
        mask = torch.cat([mask, torch.ones_like(targets)], 1)
        advantages = torch.tensor([float(i % 2) * 2 - 1 for i in range(len(ids))])
        began = time.perf_counter()
        for part in torch.arange(len(ids)).split(rows_at_once):
            logits = self.adapted(ids[part], attention_mask=mask[part], logits_to_keep=new_tokens + 1).logits[:, :-1]
            logprobs = torch.log_softmax(logits, -1).gather(2, targets[part][:, :, None])[:, :, 0]
            ratio = (logprobs - logprobs.detach()).exp()
            a = advantages[part][:, None]
            loss = -torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a).sum() / targets.numel()
            loss.backward()
        torch.nn.utils.clip_grad_norm_([p for p in self.adapted.parameters() if p.requires_grad], 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return {"tokens": targets.numel(), "seconds": time.perf_counter() - began}

    def trl(self, prompts, group, new_tokens, steps):
        """Lets TRL's GRPOTrainer do whole steps, and returns the tokens and seconds of each."""
        self.adapted = self.optimizer = None
        texts = [self.tokenizer.decode(p) for p in prompts]
        return trl_steps(
            self.folder, self.tokenizer, texts, steps, peft_config=self.lora, per_device_train_batch_size=rows_at_once,
            num_generations=group, gradient_accumulation_steps=len(prompts) * group // rows_at_once,
            max_completion_length=new_tokens, generation_kwargs={"min_new_tokens": new_tokens},
        )


serve(LanguageBench())
