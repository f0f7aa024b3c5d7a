/**
 * Model references: `name@version`, `name@version@variant`, `name@version#variant`, a bare `name`, each optionally
 * followed by `@+overlay`, or `@+one+another` for several.
 */
import { ModelError } from './errors.ts';

/** A reference as the user wrote it: what is left out is for the registry to fill in. */
export interface ModelRef {
  readonly name: string;
  readonly version?: string;
  readonly variant?: string;
  /** Names joined by `+`, in the order in which they apply. */
  readonly overlay?: string;
}

/** A reference with nothing left open. `variant` is absent when the manifest's default is meant. */
export interface CanonicalRef {
  /** `name@version` */
  readonly modelId: string;
  readonly variant?: string;
  /** Names joined by `+`, in the order in which they apply. */
  readonly overlay?: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const VERSION = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.-]+)?$/;

export const isModelName = (text: string): boolean => NAME.test(text);
export const isModelVersion = (text: string): boolean => VERSION.test(text);
export const isVariantName = (text: string): boolean => NAME.test(text);

/** `style+lightning` -> its two names. */
export const overlayNames = (overlay: string | undefined): readonly string[] => overlay?.split('+') ?? [];
export const isOverlayList = (overlay: string): boolean =>
  overlayNames(overlay).every((name, at, all) => NAME.test(name) && all.indexOf(name) === at);

/**
 * Parses what a user typed. An explicit `variant` wins over one embedded in the text.
 * @throws ModelError INVALID_MODEL_ID with the reason and an example.
 */
export function parseModelRef(text: string, explicitVariant?: string): ModelRef {
  const [head = '', overlay] = splitOnce(text, '@+');
  const [base = '', hashVariant] = splitOnce(head, '#');
  const [name = '', version, atVariant, ...rest] = base.split('@');
  const variant = explicitVariant ?? hashVariant ?? atVariant;
  if (text === '') throw invalid(text, 'it is empty');
  if (!NAME.test(name))
    throw invalid(text, `the name ${JSON.stringify(name)} may hold letters, digits, ".", "_" and "-", and starts with a letter or digit`);
  if (version !== undefined && !VERSION.test(version))
    throw invalid(text, `the version ${JSON.stringify(version)} is not of the form 1.2.3`);
  if (rest.length > 0 || (hashVariant !== undefined && atVariant !== undefined)) throw invalid(text, 'it names more than one variant');
  if (variant !== undefined && !NAME.test(variant)) throw invalid(text, `the variant ${JSON.stringify(variant)} is not a plain name`);
  if (overlay !== undefined && !isOverlayList(overlay))
    throw invalid(text, `the overlay ${JSON.stringify(overlay)} is neither a plain name nor several different ones with "+" between them`);
  return {
    name,
    ...(version !== undefined && { version }),
    ...(variant !== undefined && { variant }),
    ...(overlay !== undefined && { overlay }),
  };
}

/** `name@version[@variant][@+overlay]`: the form that every output uses. */
export function formatRef(ref: CanonicalRef): string {
  return ref.modelId + (ref.variant ? `@${ref.variant}` : '') + (ref.overlay ? `@+${ref.overlay}` : '');
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + mark.length)];
}

function invalid(text: string, why: string): ModelError {
  return new ModelError('INVALID_MODEL_ID', `${JSON.stringify(text)} is not a model id: ${why}`, {
    hint: 'write name@version or name@version@variant, for example t2v-A14B@2.2.0@bf16',
  });
}
