/** The keyring of the operating system: Keychain, Credential Manager, Secret Service. Loaded when a secret is kept there or goes there. */
import type { AsyncEntry } from '@napi-rs/keyring';
import { redactText } from '../observability/redact-text.ts';

/** Under this name people find our entries in their keyring. */
const KEYRING_SERVICE = 'wan-models';

/** There is no keyring here, or it does not let us in: headless machines have none. */
export class KeyringUnavailable extends Error {
  override readonly name = 'KeyringUnavailable';
}

/** @throws KeyringUnavailable */
export const saveInKeyring = (account: string, secret: string): Promise<void> => withEntry(account, (entry) => entry.setPassword(secret));

/** @throws KeyringUnavailable */
export const readFromKeyring = (account: string): Promise<string | undefined> =>
  withEntry(account, async (entry) => (await entry.getPassword()) ?? undefined);

/** @throws KeyringUnavailable */
export const removeFromKeyring = (account: string): Promise<boolean> => withEntry(account, (entry) => entry.deleteCredential());

async function withEntry<T>(account: string, use: (entry: AsyncEntry) => Promise<T>): Promise<T> {
  try {
    const keyring = await import('@napi-rs/keyring');
    // Not the kernel's own keyring: it forgets at the next start of the machine.
    return await use(new keyring.AsyncEntry(KEYRING_SERVICE, account, { linux: { store: 'secret-service' } }));
  } catch (error) {
    throw new KeyringUnavailable(redactText(error instanceof Error ? error.message : String(error)));
  }
}
