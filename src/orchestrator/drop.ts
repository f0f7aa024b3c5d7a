/** `remove`: takes models out of manifest and lockfile. What is on disk stays: `rm` takes that. */
import { ModelError } from '../domain/errors.ts';
import type { DroppedModel, DropReport } from '../domain/lock-results.ts';
import { examineManifest } from '../registry/compile-manifest.ts';
import { withoutModel } from '../registry/edit-manifest.ts';
import { lockfileText } from '../registry/lockfile.ts';
import { manifestInvalid } from '../registry/manifest-problem.ts';
import { type OpenedLock, openLock } from '../registry/open-lock.ts';
import { readStatKey } from '../store/stat-key.ts';
import type { CallOptions } from './api.ts';
import { requireInManifest } from './entries/require-in-manifest.ts';
import type { Orchestration } from './orchestration.ts';
import { replaceFile, withManifestLock } from './write-manifest.ts';

export async function dropModels(work: Orchestration, refs: readonly string[], options: CallOptions = {}): Promise<DropReport> {
  const registry = await work.registry();
  const ids = [...new Set(refs.map((ref) => registry.resolve(ref).modelId))];
  for (const id of ids) requireInManifest(registry, id, 'there is nothing to take out');
  const directories = new Map(ids.map((id) => [id, work.store.resolver.modelDir(registry.spec(id).family, registry.spec(id).ref)]));
  return withManifestLock(work, { ...options, doing: `remove ${ids.join(', ')}` }, async () => {
    const opened = openLock(work.manifestPath);
    const text = editedText(opened, ids);
    const models = ids.map((id) => droppedModel(opened, id, directories.get(id) ?? ''));
    const gone = new Set(models.flatMap(({ entries }) => entries));
    const { lockfile, lockBytes, lockPath } = opened;
    const left = { ...lockfile, models: new Map([...lockfile.models].filter(([id]) => !gone.has(id))) };
    await replaceFile({ path: work.manifestPath, before: opened.manifestBytes, text });
    // Entries without a model mean nothing: a run that ends here has done no harm.
    if (lockBytes !== undefined && gone.size > 0)
      await replaceFile({ path: lockPath, before: lockBytes, text: lockfileText(left, lockBytes) });
    return { manifestPath: work.manifestPath, lockfilePath: lockPath, models, unmounted: unmounted(opened, ids) };
  });
}

function editedText({ manifestPath, manifestBytes }: OpenedLock, ids: readonly string[]): string {
  let text = manifestBytes.toString('utf8');
  for (const id of ids) {
    const result = withoutModel(text, id);
    if ('line' in result) throw inline(manifestPath, id, result.line);
    text = result.text;
  }
  const examined = examineManifest({ path: manifestPath, bytes: Buffer.from(text) });
  if ('problems' in examined) throw manifestInvalid(manifestPath, examined.problems);
  // A dotted key in another table may have held a part of it.
  const left = examined.compiled.head.models.find(({ modelId }) => ids.includes(modelId));
  if (left !== undefined) throw inline(manifestPath, left.modelId, 1);
  return text;
}

function droppedModel({ lockfile }: OpenedLock, id: string, directory: string): DroppedModel {
  const entries = [...lockfile.models.keys()].filter((key) => key === id || key.startsWith(`${id}@`));
  return { id, entries, ...(readStatKey(directory) !== undefined && { keptDirectory: directory }) };
}

const unmounted = ({ parts }: OpenedLock, ids: readonly string[]): string[] =>
  parts
    .filter(({ owner, usedBy }) => owner.kind === 'components' && usedBy.length > 0 && usedBy.every((id) => ids.includes(id)))
    .map(({ owner }) => owner.id);

const inline = (path: string, id: string, line: number): ModelError =>
  new ModelError('INVALID_INPUT', `${path}:${line}: ${id} is not written as a table of its own`, {
    reason: 'model_inline',
    hint: 'take it out by hand: cutting it out would touch what stands around it',
    details: { manifest_path: path, line, model: id },
  });
