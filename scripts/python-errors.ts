/** clients/python/src/wan_models/errors.py: one exception class for each code, so that the two languages cannot drift. */
import { ERROR_CODES, type ErrorCode } from '../src/domain/errors.ts';

/** Python has names of its own for these. */
const OTHER_NAMES: Partial<Record<ErrorCode, string>> = { NOT_IMPLEMENTED: 'NotImplementedYet' };

/** `MODEL_NOT_FOUND` -> `ModelNotFound` */
const classNameOf = (code: ErrorCode): string =>
  OTHER_NAMES[code] ?? code.replace(/([A-Z])([A-Z]*)_?/g, (_, first: string, rest: string) => first + rest.toLowerCase());

/** The sentences of docs/errors.md, by code. */
function meanings(errorsPage: string): ReadonlyMap<string, string> {
  const rows = errorsPage.matchAll(/^\| `(?<code>[A-Z_]+)` \|(?:[^|]+\|){3} (?<meaning>[^|]+) \|/gm);
  return new Map([...rows].map(({ groups }) => [groups?.code ?? '', groups?.meaning ?? '']));
}

const HEAD = `"""What can go wrong, one exception for each code: \`except NoSpace\`, \`except WanError as error: error.code\`.

Made by \`node scripts/generate-schemas.ts\` from src/domain/errors.ts and docs/errors.md; do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping

from ._error import Attempt, WanError
`;

export function pythonErrors(errorsPage: string): string {
  const told = meanings(errorsPage);
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  const classes = codes.map((code) => classText(code, told.get(code) ?? ''));
  const names = codes.map(classNameOf);
  const table = names.map((name) => `        ${name},`).join('\n');
  const byCode = `BY_CODE: Mapping[str, type[WanError]] = {\n    error.code: error\n    for error in (\n${table}\n    )\n}\n`;
  const exported = ['Attempt', 'WanError', ...names].sort((a, b) => (a < b ? -1 : 1)).map((name) => `    "${name}",`);
  return [HEAD, ...classes, byCode, `__all__ = [\n    "BY_CODE",\n${exported.join('\n')}\n]\n`]
    .join('\n\n')
    .replace('}\n\n\n__all__', '}\n\n__all__');
}

function classText(code: ErrorCode, meaning: string): string {
  const { exitCode, retryable, hint } = ERROR_CODES[code];
  return `class ${classNameOf(code)}(WanError):
    """${meaning}"""

    code = "${code}"
    exit_status = ${exitCode}
    default_retryable = ${retryable ? 'True' : 'False'}
    default_hint = ${JSON.stringify(hint)}
`;
}
