"""Trains small tokenizers of several kinds, and reads texts with transformers, for tests/trust/againstTokenizers.ts.

A line of JSON on standard input says what to do; a line of JSON on standard output says what came of it.
"""

import json
import os
import sys

import tokenizers
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

transformers.logging.set_verbosity_error()

qwen_words = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
llama3_words = qwen_words.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
chatml = (
    "{%- if messages[0].role != 'system' %}{{- '<|im_start|>system\\nYou help.<|im_end|>\\n' }}{%- endif %}"
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n<think>\\n' }}{%- endif %}"
)
llama2 = """{% if messages[0]['role'] == 'system' %}
    {% set loop_messages = messages[1:] %}
    {% set system_message = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}
{% else %}
    {% set loop_messages = messages %}
    {% set system_message = '' %}
{% endif %}
{% for message in loop_messages %}
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
    {% endif %}
    {% if loop.index0 == 0 %}
        {% set content = system_message + message['content'] %}
    {% else %}
        {% set content = message['content'] %}
    {% endif %}
    {% if message['role'] == 'user' %}
        {{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}
    {% elif message['role'] == 'assistant' %}
        {{ ' ' + content.strip() + ' ' + eos_token }}
    {% endif %}
{% endfor %}"""
thinking = """{%- set ns = namespace(last=-1) %}
{%- for message in messages[::-1] %}
    {%- if ns.last < 0 and message.role == 'user' and not message.content.startswith('<tool') %}
        {%- set ns.last = (messages | length) - 1 - loop.index0 %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- set thoughts = '' %}
    {%- if message.role == 'assistant' and '</think>' in content %}
        {%- set thoughts = content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') %}
        {%- set content = content.split('</think>')[-1].lstrip('\n') %}
    {%- endif %}
    {%- if thoughts and loop.index0 > ns.last %}
        {{- '<|im_start|>' + message.role + '\n<think>\n' + thoughts.strip('\n') + '\n</think>\n' + content + '<|im_end|>' }}
    {%- else %}
        {{- '<|im_start|>' ~ message['role'] ~ '\n' ~ (content | trim) ~ '<|im_end|>\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}
{%- endif %}"""
byte_tokens = [f"<0x{byte:02X}>" for byte in range(256)]


def byte_level(words, normalizer=None, **options):
    """A tokenizer like those of Qwen and Llama 3: words by a pattern, and tokens that spell bytes."""
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.normalizer = normalizer
    last = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=words is None)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*(words or []), last])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer, {"initial_alphabet": pre_tokenizers.ByteLevel.alphabet()}, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def byte_fallback(normalizer, pre_tokenizer, strip=True):
    """A tokenizer like those of SentencePiece: tokens spell text, and bytes only where there is no token for it."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    last = [decoders.Strip(content=" ", left=1)] if strip else []
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *last])
    return tokenizer, {"limit_alphabet": 150}, ["<unk>", "<s>", "</s>", *byte_tokens]


def isolated(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def metaspace(scheme, split):
    return pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)


spaces = normalizers.Replace(" ", "▁")
kinds = {
    "qwen2": lambda: (*byte_level([isolated(qwen_words)], normalizers.NFC()), chatml),
    "llama3": lambda: (*byte_level([isolated(llama3_words)], ignore_merges=True), thinking),
    "gpt2": lambda: (*byte_level(None), "{{- strftime_now('%d %B %Y, %b') }}" + chatml),
    "digits": lambda: (*byte_level([pre_tokenizers.Digits(individual_digits=False), isolated(r"\s?\p{L}+|\s+$")]), thinking),
    "llama2": lambda: (*byte_fallback(normalizers.Sequence([normalizers.Prepend("▁"), spaces]), None), llama2),
    "mistral": lambda: (*byte_fallback(None, metaspace("first", False)), llama2),
    "metaspace": lambda: (*byte_fallback(None, metaspace("always", True)), llama2),
    "bare": lambda: (*byte_fallback(spaces, None, strip=False), llama2),
}


def train(kind, folder, corpus, vocab_size):
    """Trains a tokenizer of some size on texts and writes its folder. Its bytes and special tokens are all there."""
    tokenizer, options, special, template = kinds[kind]()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=special, show_progress=False, **options))
    if byte_tokens[0] in special:  # they spell bytes, and are not looked for in a text
        content = json.loads(tokenizer.to_str())
        content["added_tokens"] = [token for token in content["added_tokens"] if token["content"] not in byte_tokens]
        tokenizer = Tokenizer.from_str(json.dumps(content))
    names = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    if "<s>" not in special:
        names = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    tokenizer.add_tokens([tokenizers.AddedToken("<think>", normalized=False), tokenizers.AddedToken("</think>", normalized=False)])
    if kind in ("qwen2", "llama3"):
        tokenizer.add_tokens([tokenizers.AddedToken("<|im_", normalized=True)])
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=kind == "llama3", **names)
    whole.chat_template = template
    whole.save_pretrained(folder, save_jinja_files=kind != "qwen2")


def with_digits(folder, to):
    """Writes the tokenizer of a folder with the pre-tokenizer that it was trained with: digits apart."""
    os.makedirs(to)
    content = json.load(open(f"{folder}/tokenizer.json", encoding="utf-8"))
    content["pre_tokenizer"] = {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        ],
    }
    json.dump(content, open(f"{to}/tokenizer.json", "w", encoding="utf-8"))
    config = open(f"{folder}/tokenizer_config.json", encoding="utf-8").read()
    open(f"{to}/tokenizer_config.json", "w", encoding="utf-8").write(config)


def answers(folder, texts, ids, conversations):
    """What transformers reads and writes. A conversation that is refused is null."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    size = len(tokenizer)

    def chat(messages):
        options = {"add_generation_prompt": True, "return_dict": False}
        try:
            safe = tokenizer.apply_chat_template(messages, sanitize_control_tokens=True, **options)
            return {"safe": safe, "plain": tokenizer.apply_chat_template(messages, **options)}
        except Exception as error:
            if "must alternate" not in str(error) and "Can't sanitize" not in str(error):
                raise
            return None

    encoded = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    return {
        "ids": encoded,
        "texts": [tokenizer.decode(one) for one in encoded],
        "textsOfIds": [tokenizer.decode([id % size for id in one]) for one in ids],
        "size": size,
        "chats": [chat(messages) for messages in conversations],
    }


work = json.loads(sys.stdin.readline())
folders = {}
if work["folder"] is not None:
    folders["smollm2"] = work["folder"]
    folders["smollm2, digits"] = f"{work['place']}/digits-of-smollm2"
    with_digits(work["folder"], folders["smollm2, digits"])
for kind in work["kinds"] or kinds:
    folders[kind] = f"{work['place']}/{kind}"
    train(kind, folders[kind], work["corpus"], work["size"])
result = {
    "versions": {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__},
    "folders": folders,
    "answers": {
        kind: answers(folder, work["texts"], work["ids"], work["conversations"]) for kind, folder in folders.items()
    },
}
print(json.dumps(result))
