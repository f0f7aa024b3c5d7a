/** What the headers of weights say against a model, before a Python is asked: it would cast whatever it finds, and say nothing. Pure. */
import { ModelError } from '../../domain/errors.ts';
import { formatRef } from '../../domain/model-ref.ts';
import type { ComponentWeights, WeightsReport } from '../../domain/results.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import { dtypeNamed, isTransformer } from '../loaded-components.ts';

/** Of unquantised weights; integers among them are tables of positions and the like, and few. */
const FLOATS: ReadonlySet<string> = new Set(['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2']);

/**
 * @param quantised components whose integers are their weights
 * @throws ModelError FORMAT_INVALID for a file that is cut or no safetensors, or a number format that the variant is not of
 */
export function checkWeights(spec: ModelSpec, { components, files }: WeightsReport, quantised: ReadonlySet<string>): void {
  const broken = files.find(({ error }) => error !== undefined);
  if (broken?.error !== undefined) {
    const { reason, message } = broken.error;
    throw invalid(spec, `${broken.path}: ${message}`, { reason: reason ?? 'weights_unreadable', details: { path: broken.path } });
  }
  for (const one of components) if (!quantised.has(one.component ?? '')) checkDtypes(spec, one);
}

function checkDtypes(spec: ModelSpec, one: ComponentWeights): void {
  const { component, parametersByDtype } = one;
  const [found] = Object.entries(parametersByDtype).sort(([, a], [, b]) => b - a)[0] ?? [];
  if (component === undefined || found === undefined) return;
  const expected = isTransformer(component) ? dtypeNamed(spec.derivation?.dtype ?? spec.variant) : undefined;
  if (FLOATS.has(found) && (expected === undefined || expected === found)) return;
  const wanted = expected ?? 'a floating point format';
  throw invalid(spec, `${component}: its weights are ${found}, and those of the variant ${spec.variant} are to be ${wanted}`, {
    reason: 'wrong_dtype',
    details: { component, found, expected: wanted },
  });
}

const invalid = (
  { ref }: ModelSpec,
  message: string,
  { reason, details }: { reason: string; details: Readonly<Record<string, unknown>> },
): ModelError =>
  new ModelError('FORMAT_INVALID', `${formatRef(ref)}: ${message}`, {
    reason,
    hint: 'the bytes are those that the manifest pins: correct what it pins, or its variant',
    details: { model: formatRef(ref), ...details },
  });
