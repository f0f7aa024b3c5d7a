/** Names that people have from elsewhere, and what they mean here. Wherever one is used, what it means is shown. */
import type { ComponentAlias } from '../domain/spec.ts';

/** Component -> what it may be called in a model that has no component of that name: the denoiser was a UNet once. */
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  unet: ['transformer', 'transformer_2'],
  transformer: ['unet'],
};

const PIPELINE_CLASSES: Readonly<Record<string, string>> = {
  WanT2VPipeline: 'WanPipeline',
  WanI2VPipeline: 'WanImageToVideoPipeline',
  WanTI2VPipeline: 'WanPipeline',
};

/** The existing components that a name means: itself, else those that it is an alias of; none for a name that means nothing. */
export function componentsMeant(name: string, existing: readonly string[]): readonly string[] {
  if (existing.includes(name)) return [name];
  const meant = Object.hasOwn(COMPONENTS, name) ? (COMPONENTS[name] ?? []) : [];
  return meant.filter((component) => existing.includes(component));
}

/** The other names that the existing components can be asked for by. */
export function componentAliases(existing: readonly string[]): readonly ComponentAlias[] {
  const all = Object.keys(COMPONENTS).map((name) => ({ name, means: componentsMeant(name, existing) }));
  return all.filter(({ name, means }) => means.length > 0 && !means.includes(name));
}

export const pipelineClassMeant = (name: string): string =>
  Object.hasOwn(PIPELINE_CLASSES, name) ? (PIPELINE_CLASSES[name] ?? name) : name;
