/** `--presigned FILE`: a JSON object from files to their own URLs. Read again when a URL has ended, so that a running download goes on. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { asModelError, ModelError } from '../domain/errors.ts';
import { formatRef } from '../domain/model-ref.ts';
import type { ModelOptions, ModelOrchestrator, ResolveUrl } from '../orchestrator/api.ts';
import { nearest } from '../util/nearest.ts';

/** File -> URL. Keys are paths, or `model/path` where several models have the path. */
type UrlMap = ReadonlyMap<string, string>;

export class PresignedMap {
  /** @throws ModelError INVALID_INPUT, naming every entry that is wrong, and no URL */
  static async read(file: string, cwd: string): Promise<PresignedMap> {
    const path = resolve(cwd, file);
    return new PresignedMap(path, await readMap(path));
  }

  readonly #path: string;
  #urls: UrlMap;

  private constructor(path: string, urls: UrlMap) {
    this.#path = path;
    this.#urls = urls;
  }

  /** For the URL of a file that has ended, what the file of URLs says by now. */
  readonly resolveUrl: ResolveUrl = async ({ model, path, hasEnded }) => {
    if (hasEnded) this.#urls = await readMap(this.#path);
    const modelId = model.split('@', 2).join('@');
    const keys = [`${model}/${path}`, `${modelId}/${path}`, path];
    return keys.map((key) => this.#urls.get(folded(key))).find((url) => url !== undefined);
  };

  /** @throws ModelError INVALID_INPUT for a key that is no file of these models, nor of another one by its name */
  async check(refs: readonly string[], orchestrator: ModelOrchestrator, options: ModelOptions): Promise<void> {
    const known = new Set<string>();
    for (const ref of refs) for (const key of await keysOf(ref, orchestrator, options)) known.add(key);
    const others = (await orchestrator.listModels()).map(({ modelId }) => modelId);
    const isOther = (key: string) => others.some((id) => key.startsWith(`${id.toLowerCase()}/`) || key.startsWith(`${id.toLowerCase()}@`));
    const unknown = [...this.#urls.keys()].find((key) => !known.has(key) && !isOther(key));
    if (unknown !== undefined) throw unknownKey(this.#path, unknown, known);
  }
}

/** A model that cannot be shown has no files: that it is wrong is told where it is used. */
async function keysOf(ref: string, orchestrator: ModelOrchestrator, options: ModelOptions): Promise<readonly string[]> {
  try {
    const spec = await orchestrator.show(ref, options);
    return spec.files.flatMap(({ path }) => [path, `${spec.modelId}/${path}`, `${formatRef(spec.ref)}/${path}`].map(folded));
  } catch (error) {
    if (asModelError(error).code === 'INTERNAL') throw error;
    return [];
  }
}

async function readMap(path: string): Promise<UrlMap> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw invalid(path, error.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${error.code})`);
  });
  const entries = Object.entries(parseObject(path, text));
  const wrong = entries.filter(([, url]) => typeof url !== 'string' || !isUrl(url)).map(([key]) => key);
  if (wrong.length > 0) throw invalid(path, `no URL stands for ${wrong.join(', ')}`);
  return new Map((entries as [string, string][]).map(([key, url]) => [folded(key), url]));
}

function parseObject(path: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the text, which holds signatures.
    throw invalid(path, 'it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'it is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

/** Case counts in paths, and not in the reference of a model before one. */
function folded(key: string): string {
  const end = key.indexOf('/');
  return key.slice(0, Math.max(0, end)).includes('@') ? key.slice(0, end).toLowerCase() + key.slice(end) : key;
}

const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\/[^\s]+$/i.test(text);

const invalid = (path: string, why: string): ModelError =>
  new ModelError('INVALID_INPUT', `--presigned ${path} cannot be used: ${why}`, {
    reason: 'presigned_invalid',
    hint: 'write one JSON object: {"unet/model.safetensors": "https://…"}',
  });

function unknownKey(path: string, key: string, known: ReadonlySet<string>): ModelError {
  const near = nearest(key, known);
  return new ModelError('INVALID_INPUT', `--presigned ${path} cannot be used: ${JSON.stringify(key)} is no file of these models`, {
    reason: 'presigned_unknown_file',
    hint: near === undefined ? '`wan models show REF` lists the files of a model' : `did you mean ${JSON.stringify(near)}?`,
  });
}
