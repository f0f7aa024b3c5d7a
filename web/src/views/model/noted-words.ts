/** A value that somebody noted, of whatever shape -> words. Pure. */
export function notedWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inner).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${inner(one)}`)
    .join(', ');
}

const inner = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));
