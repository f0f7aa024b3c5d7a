/** What other services call the kind and the state of a model. */

export const MODEL_TYPES = [
  'text-generation',
  'text-to-image',
  'image-to-text',
  'audio-to-text',
  'text-to-audio',
  'embedding',
  'classification',
  'text-to-video',
  'image-to-video',
  'other',
] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

export const MODEL_STATUSES = ['pending', 'downloading', 'available', 'error', 'deleted'] as const;
export type ModelStatusName = (typeof MODEL_STATUSES)[number];

/** Names of other registries -> ours. */
const TYPE_ALIASES: Readonly<Record<string, ModelType>> = {
  llm: 'text-generation',
  tts: 'text-to-audio',
  diffusion: 'text-to-image',
  stable_diffusion: 'text-to-image',
  vision: 'image-to-text',
  image_to_text: 'image-to-text',
  embeddings: 'embedding',
  multimodal: 'other',
  custom: 'other',
  unknown: 'other',
};

const STATUS_ALIASES: Readonly<Record<string, ModelStatusName>> = { loading: 'available', loaded: 'available', removed: 'deleted' };

/** A type in our words; one that nobody knows stays as it is. */
export const modelTypeOf = (text: string | undefined): string =>
  text === undefined ? 'other' : (TYPE_ALIASES[text.toLowerCase()] ?? text);

/** Undefined for what is no status. */
export function modelStatusOf(text: string): ModelStatusName | undefined {
  const lower = text.toLowerCase();
  return STATUS_ALIASES[lower] ?? MODEL_STATUSES.find((status) => status === lower);
}
