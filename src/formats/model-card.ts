/** What a repository says of itself: the front matter of its README.md, its config.json, the names of its files. Pure; nothing here is trusted. */

export interface ModelCard {
  /** As the card has it: an SPDX id, or a name. */
  readonly license?: string;
  /** `text-to-video`, `text-generation`, `sentence-similarity`, … */
  readonly type?: string;
}

/** Texts of the files that tell; absent where there is none. */
export interface CardFiles {
  readonly readme?: string;
  readonly config?: string;
  readonly modelIndex?: string;
  readonly paths: readonly string[];
}

export function readModelCard(files: CardFiles): ModelCard {
  const front = frontMatter(files.readme ?? '');
  const license = plainName(front.get('license'));
  const named = license === 'other' ? (plainName(front.get('license_name')) ?? license) : license;
  const type = plainName(front.get('pipeline_tag')) ?? typeOfFiles(files);
  return { ...(named !== undefined && { license: named }), ...(type !== undefined && { type }) };
}

/** The plain `key: value` lines between the first two `---`; lists and nested values are none of ours. */
function frontMatter(readme: string): ReadonlyMap<string, string> {
  const [, block = ''] = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---/.exec(readme) ?? [];
  const pairs = block.split(/\r?\n/).flatMap((line): [string, string][] => {
    const [, key, value] = /^([a-z_]+):[ \t]*(.*)$/.exec(line) ?? [];
    return key === undefined || value === undefined
      ? []
      : [
          [
            key,
            value
              .replace(/[ \t]#.*$/, '')
              .trim()
              .replace(/^(['"])(.*)\1$/, '$2'),
          ],
        ];
  });
  return new Map(pairs);
}

/** It ends up in a file and on terminals. */
const plainName = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Za-z0-9][\w.+ -]{0,99}$/.test(text) ? text : undefined;

/** The last part of a class -> what models of that class do. */
const BY_CLASS: readonly (readonly [RegExp, string])[] = [
  [/For(?:Causal|Seq2Seq)LM$/, 'text-generation'],
  [/LMHeadModel$/, 'text-generation'],
  [/^Whisper|ForSpeechSeq2Seq$|ForCTC$/, 'automatic-speech-recognition'],
  [/ForImageClassification$/, 'image-classification'],
  [/ForAudioClassification$/, 'audio-classification'],
  [/ForSequenceClassification$/, 'text-classification'],
  [/ForMaskedLM$/, 'fill-mask'],
  [/^WanImageToVideo/, 'image-to-video'],
  [/^Wan|TextToVideo|^CogVideoX|^HunyuanVideo/, 'text-to-video'],
  [/^(?:StableDiffusion|Flux|PixArt|Kandinsky)/, 'text-to-image'],
];

function typeOfFiles({ config, modelIndex, paths }: CardFiles): string | undefined {
  if (paths.includes('modules.json')) return 'sentence-similarity';
  const { _class_name: pipeline } = asTable(modelIndex);
  const { architectures } = asTable(config);
  const classes = [pipeline, ...(Array.isArray(architectures) ? architectures : [])].filter((name) => typeof name === 'string');
  for (const name of classes) {
    const found = BY_CLASS.find(([pattern]) => pattern.test(name));
    if (found !== undefined) return found[1];
  }
  return undefined;
}

function asTable(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
