import type { CredentialSource } from '../domain/credentials.ts';

export type { CredentialSource, FoundToken } from '../domain/credentials.ts';

/** Nobody is let in anywhere. */
export const NO_CREDENTIALS: CredentialSource = {
  token: () => Promise.resolve(undefined),
  s3Keys: () => Promise.resolve(undefined),
};
