/** Ollama's folder: `blobs/sha256-…` (`sha256:…` of before), and manifests that name them. A digest in a manifest is text, never a path. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseSha256, type Sha256 } from '../../domain/digest.ts';
import type { FoundFile, FoundGroup, ScanOptions } from './found-file.ts';
import { idOf } from './scan-folder.ts';
import { unlessUnreadable, walkFiles } from './walk-files.ts';

/** One is a few hundred bytes. */
const MAX_MANIFEST_BYTES = 4 * 2 ** 20;
const BLOB = /^sha256[-:]([0-9a-f]{64})$/;
const WEIGHTS_LAYER = /^application\/vnd\.ollama\.image\.(?:model|projector|adapter)$/;

interface Layer {
  readonly model: string;
  readonly kind: string;
  readonly isWeights: boolean;
}

export async function* scanOllama(root: string, options: ScanOptions): AsyncGenerator<FoundFile> {
  const layers = await readManifests(join(root, 'manifests'), options);
  const blobs = join(root, 'blobs');
  for await (const { below, ...file } of walkFiles(blobs, options)) {
    const claimed = parseSha256(BLOB.exec(below)?.[1] ?? '');
    if (claimed === undefined) continue;
    const layer = layers.get(claimed);
    const group = groupOf(blobs, below, layer);
    yield { ...file, name: layer === undefined ? below : `${layer.model}: ${layer.kind}`, claimed, group };
  }
}

function groupOf(blobs: string, blob: string, layer: Layer | undefined): FoundGroup {
  if (layer?.isWeights !== true) return { name: layer?.model ?? blob, add: [] };
  return { name: layer.model, add: [blobs, '--include', blob, '--as', idOf(layer.model)] };
}

async function readManifests(folder: string, options: ScanOptions): Promise<ReadonlyMap<Sha256, Layer>> {
  const layers = new Map<Sha256, Layer>();
  for await (const { below, path, sizeBytes } of walkFiles(folder, options)) {
    if (sizeBytes > MAX_MANIFEST_BYTES) continue;
    const model = modelName(below.split('/'));
    for (const [digest, mediaType] of await unlessUnreadable(path, options, async () => layersIn(await readFile(path, 'utf8')), [])) {
      const isWeights = WEIGHTS_LAYER.test(mediaType);
      if (isWeights || !layers.has(digest)) layers.set(digest, { model, kind: mediaType.split('.').at(-1) ?? '', isWeights });
    }
  }
  return layers;
}

/** `registry.ollama.ai/library/llama3/8b` -> `llama3:8b`, as Ollama shows it. */
function modelName(parts: readonly string[]): string {
  const [tag = '', name = '', space = '', ...registry] = parts.toReversed();
  const own = registry.toReversed().join('/');
  const prefix = own !== '' && own !== 'registry.ollama.ai' ? `${own}/${space}/` : space === 'library' || space === '' ? '' : `${space}/`;
  return `${prefix}${name}:${tag}`;
}

/** Of a manifest that is none (they are found empty after crashes) there are none. */
function layersIn(text: string): [Sha256, string][] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  const { layers, config } = (manifest ?? {}) as { layers?: unknown; config?: unknown };
  return [...(Array.isArray(layers) ? layers : []), config].flatMap((layer: unknown): [Sha256, string][] => {
    const { digest, mediaType } = (layer ?? {}) as { digest?: unknown; mediaType?: unknown };
    const sha256 = typeof digest === 'string' ? parseSha256(digest) : undefined;
    return sha256 === undefined ? [] : [[sha256, typeof mediaType === 'string' ? mediaType : '']];
  });
}
