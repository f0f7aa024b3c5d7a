/** A toy of the umt5 tokenizer, in its four real files: Unigram pieces as JSON and as a sentencepiece model. */

const SPECIAL = ['<pad>', '</s>', '<s>', '<unk>'] as const;
const SYLLABLES = [
  'wa',
  'n',
  'vi',
  'de',
  'o',
  'mo',
  'ti',
  'on',
  'li',
  'ght',
  'sce',
  'ne',
  'cam',
  'era',
  'ra',
  'in',
  'sun',
  'sea',
  'ca',
  't',
];

/** Pieces with their log probability: the specials, then words of two syllables, some at the start of a word. */
function pieces(): [piece: string, score: number][] {
  const words = SYLLABLES.flatMap((first) => SYLLABLES.flatMap((second) => [`\u2581${first}${second}`, `${first}${second}`]));
  const unique = [...new Set(['\u2581', ...words])];
  return [
    ...SPECIAL.map((piece): [string, number] => [piece, 0]),
    ...unique.map((piece, rank): [string, number] => [piece, -(2 + rank / 64)]),
  ];
}

/** File name -> content. */
export function tokenizerFiles(): Record<string, Uint8Array | object> {
  return {
    'special_tokens_map.json': { bos_token: '<s>', eos_token: '</s>', pad_token: '<pad>', unk_token: '<unk>' },
    'spiece.model': sentencepieceModel(),
    'tokenizer.json': tokenizerJson(),
    'tokenizer_config.json': {
      bos_token: '<s>',
      clean_up_tokenization_spaces: true,
      eos_token: '</s>',
      extra_ids: 0,
      model_max_length: 512,
      pad_token: '<pad>',
      tokenizer_class: 'T5Tokenizer',
      unk_token: '<unk>',
    },
  };
}

/** Format: github.com/huggingface/tokenizers, `Tokenizer.save`. */
function tokenizerJson(): object {
  const metaspace = { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: metaspace,
    model: { type: 'Unigram', unk_id: 3, vocab: pieces(), byte_fallback: false },
  };
}

/** Format: github.com/google/sentencepiece, sentencepiece_model.proto: field 1 of ModelProto repeats SentencePiece. */
function sentencepieceModel(): Uint8Array {
  return Buffer.concat(pieces().map(([piece, score], id) => field(1, sentencePiece(piece, score, id))));
}

const CONTROL = 3;
const UNKNOWN = 2;
const NORMAL = 1;

function sentencePiece(piece: string, score: number, id: number): Buffer {
  const float = Buffer.alloc(5, (2 << 3) | 5);
  float.writeFloatLE(score, 1);
  const type = id >= SPECIAL.length ? NORMAL : piece === '<unk>' ? UNKNOWN : CONTROL;
  return Buffer.concat([field(1, Buffer.from(piece)), float, Buffer.from([3 << 3, type])]);
}

/** A length-delimited protobuf field; every length here is under 128, one byte of varint. */
const field = (number: number, bytes: Uint8Array): Buffer => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.byteLength]), bytes]);
