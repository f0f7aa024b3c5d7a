/** The chain of the AWS SDK: environment, profiles, SSO, processes, web identity, container and instance. Its error names no place; its log does. */
import { redactText } from '../../observability/redact-text.ts';

export interface ChainKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

export interface KeyChain {
  /** @throws Error of the SDK */
  readonly keys: (options: { readonly forceRefresh: boolean }) => Promise<ChainKeys>;
  /** @returns what was wrong with the places that are set up, for people; at least one sentence */
  readonly explain: (error: unknown) => readonly string[];
}

const TOLD_OF_A_PLACE = /^@smithy\/property-provider (?:->|\(!\)) (.+)$/s;

/** Places that nobody has set up, and the sum of it all. */
const NO_FAULT =
  /^AWS_PROFILE is set|^Skipping SSO|^Unable to find environment variable|^Web identity configuration not spec|not contain credential_process|Metadata Service access disabled|checking config file next|^Could not load credentials/;
const NO_DEFAULT_PROFILE = /profile: \[default\]|^Profile default could not/;
const MAX_FAULT_CHARACTERS = 200;

export async function createKeyChain(profile: string | undefined): Promise<KeyChain> {
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  const told = new Set<string>();
  const hear = (line: unknown): void => void told.add(TOLD_OF_A_PLACE.exec(String(line))?.[1] ?? '');
  const logger = { debug: hear, info() {}, warn() {}, error() {} };
  return {
    keys: defaultProvider({ ...(profile !== undefined && { profile }), logger, timeout: 1000, maxRetries: 0 }),
    explain: (error) => {
      const thrown = error instanceof Error ? error.message : String(error);
      const faults = [...told, thrown].filter((text) => isFault(text, profile));
      return [...new Set((faults.length === 0 ? [thrown] : faults).map(faultText))];
    },
  };
}

const isFault = (text: string, profile: string | undefined): boolean =>
  text !== '' && !NO_FAULT.test(text) && (profile !== undefined || !NO_DEFAULT_PROFILE.test(text));

/** The command of a process, and what it printed, may hold a secret. */
const faultText = (text: string): string =>
  text.startsWith('Command failed')
    ? 'the credential_process of the profile failed: run it by hand to see why'
    : redactText(text.trim()).slice(0, MAX_FAULT_CHARACTERS).replace(/\.$/, '');
