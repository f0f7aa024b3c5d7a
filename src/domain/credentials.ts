/** What sources need to be let in, looked for when one of them first asks. */
import type { Secret } from './secret.ts';

/** Services with a token of their own. */
export type TokenService = 'hf' | 'github';

export interface FoundToken {
  readonly token: Secret;
  /** Where it was found, for people: `keyring`, `HF_TOKEN`, a path. Never the token. */
  readonly from: string;
}

export interface FoundKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret;
  readonly from: string;
}

export interface CredentialSource {
  /**
   * @param origin of the service: a token is given to the origin that it was stored for, and to no other
   * @returns undefined where there is none: the request is made without
   */
  token(service: TokenService, origin: string): Promise<FoundToken | undefined>;
  /** Keys stored for this endpoint with `wan auth login s3`; undefined: the chain of the AWS SDK decides. */
  s3Keys(endpointOrigin: string | undefined): Promise<FoundKeys | undefined>;
}
