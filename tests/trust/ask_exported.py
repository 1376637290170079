"""The other side of `npm test -- exported`: greedy tokens of an exported model in transformers, PEFT and llama.cpp.

Reads one JSON object from standard input: a folder and a GGUF file of the same model, a start model with adapters beside
it, and prompts as token ids. Prints one JSON object with the ids that each library answers.
"""

import json
import sys

import torch
import transformers


def greedy(model, prompts, tokens):
    answers = []
    for ids in prompts:
        row = torch.tensor([ids])
        with torch.inference_mode():
            out = model.generate(row, attention_mask=torch.ones_like(row), do_sample=False, max_new_tokens=tokens)
        answers.append(out[0, len(ids) :].tolist())
    return answers


def in_transformers(work):
    model = transformers.AutoModelForCausalLM.from_pretrained(work["folder"], dtype=torch.float32)
    return greedy(model.eval(), work["prompts"], work["tokens"])


def in_peft(work):
    from peft import PeftModel

    start = transformers.AutoModelForCausalLM.from_pretrained(work["start"], dtype=torch.float32)
    model = PeftModel.from_pretrained(start, work["adapters"])
    return greedy(model.eval(), work["prompts"], work["tokens"])


def in_llama_cpp(work):
    import llama_cpp

    model = llama_cpp.Llama(work["gguf"], n_ctx=512, n_threads=2, verbose=False)
    ends = set(work["ends"])
    answers = []
    for ids in work["prompts"]:
        model.reset()
        answer = []
        for token in model.generate(ids, temp=0.0, top_k=1, repeat_penalty=1.0):
            answer.append(token)
            if token in ends or len(answer) == work["tokens"]:
                break
        answers.append(answer)
    same = [model.tokenize(text.encode(), add_bos=False, special=True) for text in work["texts"]]
    return answers, same, llama_cpp.__version__


def main():
    work = json.loads(sys.stdin.readline())
    answers = {"transformers": in_transformers(work), "peft": in_peft(work)}
    answers["llama.cpp"], ids, version = in_llama_cpp(work)
    import peft

    versions = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "peft": peft.__version__,
        "llama-cpp-python": version,
    }
    print(json.dumps({"versions": versions, "answers": answers, "ids": ids}))


main()
