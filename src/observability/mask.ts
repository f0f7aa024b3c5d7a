/**
 * Shows enough of a secret to tell which one it is: the first two and last two characters of more than eight, the first
 * two of more than four, nothing of a shorter one. Masking twice changes nothing.
 */
export function mask(secret: string): string {
  if (secret.length > 8) return `${secret.slice(0, 2)}******${secret.slice(-2)}`;
  return secret.length > 4 ? `${secret.slice(0, 2)}****` : HIDDEN;
}

/** In place of a secret of which nothing is shown. */
export const HIDDEN = '******';
