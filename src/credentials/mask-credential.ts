/** How services mark the kind of a token, which is no secret. */
const KIND = /^(?:hf_|gh[opsur]_|github_pat_|AKIA|ASIA)/;
const SHOWN_END = 4;
/** Of a shorter one, four characters would be too much of it. */
const LONG_ENOUGH = 16;

/** Where a credential comes from, and which it is: `HF_TOKEN (hf_…abcd)`. */
export const shownWithPlace = (from: string, text: string): string => `${from} (${maskCredential(text)})`;

/** Enough to tell which one it is, `hf_…abcd`, and of a short one nothing but its kind. */
export function maskCredential(text: string): string {
  const kind = KIND.exec(text)?.[0] ?? '';
  return `${kind}…${text.length - kind.length >= LONG_ENOUGH ? text.slice(-SHOWN_END) : ''}`;
}
