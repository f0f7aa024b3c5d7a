import { ModelError } from '../../domain/errors.ts';

export const badBundle = (bundle: string, reason: string, what: string, details: Readonly<Record<string, unknown>> = {}): ModelError =>
  new ModelError('FORMAT_INVALID', `${bundle} is no whole bundle: ${what}`, {
    reason,
    hint: 'copy it again from where it was made, and compare what `wan models bundle inspect` prints on both machines',
    details: { bundle, ...details },
  });
