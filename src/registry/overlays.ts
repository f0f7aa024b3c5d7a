/** Overlays of a model: the specs of those that there are, and the files of those that are asked for. */
import { hash } from 'node:crypto';
import { sha256Of } from '../domain/digest.ts';
import { ModelError } from '../domain/errors.ts';
import type { CanonicalRef } from '../domain/model-ref.ts';
import { collisionKey } from '../domain/path-rules.ts';
import type { FileSpec, OverlaySpec } from '../domain/spec.ts';
import { componentsMeant } from './aliases.ts';
import type { ManifestOverlay } from './manifest-schema.ts';

/** What an overlay view holds beside the files of base and overlays; no file of theirs may have the name. */
export const OVERLAYS_FILE = 'overlays.json';

/** @param components those of the base */
export function overlaySpec(name: string, overlay: ManifestOverlay, components: readonly string[]): OverlaySpec {
  const { description, base_family: baseFamily, weight = 1, defaults = {}, files = [] } = overlay;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(baseFamily !== undefined && { baseFamily }),
    files: files.map((file) => {
      const [appliesTo] = file.applies_to === undefined ? [] : componentsMeant(file.applies_to, components);
      return { path: file.path, ...(appliesTo !== undefined && { appliesTo }), weight: file.weight ?? weight };
    }),
    defaults,
  };
}

export interface OverlayView {
  readonly ref: CanonicalRef;
  readonly variant: string;
  readonly applied: readonly OverlaySpec[];
  /** Of the overlays, each with the path that it has in the view. */
  readonly files: readonly FileSpec[];
}

/** The record that tells a loader what to add to what, as a file of the view: the same text for the same request. */
export function overlaysFile(view: OverlayView): FileSpec {
  const content = `${JSON.stringify(overlaysDocument(view), null, 2)}\n`;
  return {
    path: OVERLAYS_FILE,
    sizeBytes: Buffer.byteLength(content),
    sha256: sha256Of(hash('sha256', content, 'hex')),
    proof: 'manifest-sha256',
    optional: false,
    shardIndex: false,
    content,
  };
}

function overlaysDocument({ ref, variant, applied, files }: OverlayView) {
  return {
    schema: 'wan.overlays/v1',
    base: ref.modelId,
    variant,
    overlays: applied.map((overlay) => ({
      name: overlay.name,
      ...(overlay.baseFamily !== undefined && { base_family: overlay.baseFamily }),
      defaults: overlay.defaults,
      files: files.filter((file) => file.overlay === overlay.name).map((file) => fileDocument(file, overlay)),
    })),
  };
}

function fileDocument({ path, sizeBytes, sha256 }: FileSpec, overlay: OverlaySpec) {
  const { appliesTo, weight } = overlay.files.find((file) => file.path === path) ?? {};
  return {
    path,
    size: sizeBytes,
    ...(sha256 !== undefined && { sha256 }),
    ...(appliesTo !== undefined && { applies_to: appliesTo, weight }),
  };
}

/** Each overlay fits the base; two of them together may not. @throws ModelError INVALID_INPUT reason overlays_collide */
export function requireDistinct(modelId: string, files: readonly FileSpec[]): void {
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const twin = seen.get(collisionKey(path));
    if (twin !== undefined)
      throw new ModelError('INVALID_INPUT', `the overlays asked for of ${modelId} both have a file ${path}`, {
        reason: 'overlays_collide',
        hint: 'ask for one of them, or give their files different paths in the manifest',
      });
    seen.set(collisionKey(path), path);
  }
}
