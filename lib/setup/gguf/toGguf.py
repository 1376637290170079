"""Writes the Hugging Face folder argv[1] as the GGUF file argv[2], with weights of type argv[3]: f32, f16, bf16 or q8_0."""
import json
import os
import sys

import gguf
import numpy

TYPES = {
    'f32': (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
    'f16': (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    'bf16': (gguf.GGMLQuantizationType.BF16, gguf.LlamaFileType.MOSTLY_BF16),
    'q8_0': (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
ARCHITECTURES = {'llama': gguf.MODEL_ARCH.LLAMA, 'qwen2': gguf.MODEL_ARCH.QWEN2, 'qwen3': gguf.MODEL_ARCH.QWEN3}
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = QWEN2.replace(r'\p{N}|', r'\p{N}{1,3}|')


def refuse(message):
    sys.exit(f'refused: {message}')


def splitter_of(tokenizer):
    """llama.cpp knows the ways to split a text by name, and this finds the name."""
    splitter = tokenizer.get('pre_tokenizer') or {}
    parts = splitter.get('pretokenizers', [splitter])
    regexes = [part['pattern'].get('Regex') for part in parts if part.get('type') == 'Split']
    kinds = [part.get('type') for part in parts]
    if kinds in (['Split', 'ByteLevel'], ['Digits', 'ByteLevel']) and parts[-1].get('use_regex', True):
        if parts[0].get('individual_digits') or regexes == [r'\p{N}']:
            return 'smollm'
    if kinds == ['Split', 'ByteLevel'] and not parts[1].get('use_regex', True):
        known = {QWEN2: 'qwen2', LLAMA3: 'llama-bpe'}.get(regexes[0])
        if known:
            return known
    if kinds == ['ByteLevel'] and parts[0].get('use_regex', True):
        return 'gpt-2'
    refuse('llama.cpp has no name for the way this tokenizer splits a text')


def write_tokenizer(writer, folder, tokenizer, size):
    model = tokenizer['model']
    if model.get('type') != 'BPE' or model.get('byte_fallback'):
        refuse(f"a tokenizer of type {model.get('type')} has no form in GGUF here, only byte-level BPE has")
    tokens = [f'[PAD{i}]' for i in range(size)]
    types = [gguf.TokenType.UNUSED] * size
    for token, i in model['vocab'].items():
        tokens[i], types[i] = token, gguf.TokenType.NORMAL
    for added in tokenizer.get('added_tokens', []):
        tokens[added['id']] = added['content']
        types[added['id']] = gguf.TokenType.CONTROL if added['special'] else gguf.TokenType.USER_DEFINED
    writer.add_tokenizer_model('gpt2')
    writer.add_tokenizer_pre(splitter_of(tokenizer))
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    special = gguf.SpecialVocab(folder, load_merges=True)
    special.add_special_token = {'bos': False, **special.add_special_token}
    special.add_to_gguf(writer, quiet=True)
    writer.add_add_space_prefix(False)


def write_config(writer, config, file_type):
    heads = config['num_attention_heads']
    head = config.get('head_dim') or config['hidden_size'] // heads
    writer.add_context_length(config['max_position_embeddings'])
    writer.add_embedding_length(config['hidden_size'])
    writer.add_block_count(config['num_hidden_layers'])
    writer.add_feed_forward_length(config['intermediate_size'])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config['num_key_value_heads'])
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(config['rms_norm_eps'])
    rope = config.get('rope_parameters') or config
    writer.add_rope_freq_base(rope.get('rope_theta', 10000.0))
    writer.add_rope_dimension_count(head)
    scaling = config.get('rope_scaling')
    if scaling:
        if (scaling.get('rope_type') or scaling.get('type')) != 'linear':
            refuse('stretched rotary angles have a form in GGUF only where they are linear')
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling['factor'])
    writer.add_vocab_size(config['vocab_size'])
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def tensors_of(file):
    """The tensors of a file of safetensors with 32-bit numbers, one at a time."""
    with open(file, 'rb') as source:
        length = int.from_bytes(source.read(8), 'little')
        header = json.loads(source.read(length))
        for name, about in header.items():
            if name == '__metadata__':
                continue
            source.seek(8 + length + about['data_offsets'][0])
            size = about['data_offsets'][1] - about['data_offsets'][0]
            yield name, numpy.frombuffer(source.read(size), '<f4').reshape(about['shape'])


def paired(weights, heads):
    """llama.cpp keeps the rows of a Llama's queries and keys in pairs; transformers keeps the halves of each head."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def main(folder, target, kind):
    read = lambda name: json.load(open(os.path.join(folder, name), encoding='utf8'))
    config, tokenizer = read('config.json'), read('tokenizer.json')
    quantization, file_type = TYPES[kind]
    architecture = ARCHITECTURES[config['model_type']]
    writer = gguf.GGUFWriter(target, gguf.MODEL_ARCH_NAMES[architecture])
    writer.add_name(os.path.basename(target))
    write_config(writer, config, file_type)
    write_tokenizer(writer, folder, tokenizer, config['vocab_size'])
    names = gguf.get_tensor_name_map(architecture, config['num_hidden_layers'])
    heads = {'q_proj': config['num_attention_heads'], 'k_proj': config['num_key_value_heads']}
    for name, weights in tensors_of(os.path.join(folder, 'model.safetensors')):
        part = name.split('.')[-2]
        if config['model_type'] == 'llama' and part in heads:
            weights = paired(weights, heads[part])
        own = quantization if weights.ndim > 1 else gguf.GGMLQuantizationType.F32
        new = names.get_name(name, try_suffixes=('.weight', '.bias'))
        writer.add_tensor(new, gguf.quants.quantize(weights, own), raw_dtype=own)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(*sys.argv[1:])
