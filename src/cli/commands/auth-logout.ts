import { profileEndpoint } from '../../compose/s3-endpoint.ts';
import { CredentialStore } from '../../credentials/credential-store.ts';
import { describeCredentials } from '../../credentials/describe-credentials.ts';
import { originFor, SERVICES, type Service } from '../../credentials/services.ts';
import type { authLogoutData } from '../../documents/auth.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { logoutText } from '../render/auth-text.ts';

export const authLogout: Command = {
  summary: 'Remove what was stored for a service',
  description: 'From the keyring and from the file. The service is not asked: a token that others may know has to be revoked there.',
  schema: 'wan.auth.logout/v1',
  operands: { name: 'SERVICE', min: 1, max: 1, choices: SERVICES, isPrivate: true },
  options: [{ name: 'endpoint', value: 'URL', summary: 'the service at this place (else the configured one)' }],
  examples: [
    { command: 'wan auth logout hf', what: 'forget the token' },
    { command: 'wan auth logout s3 --endpoint https://minio.example:9000', what: 'forget the keys of one server' },
  ],
  exitStatuses: [8, 9],
  run: async (session, args) => {
    const config = await session.config();
    const service = args.operands[0] as Service;
    const endpoint = args.text('endpoint') ?? (service === 's3' ? await profileEndpoint(config) : undefined);
    const origin = originFor(service, config, endpoint);
    const removed = await new CredentialStore(config).remove(service, origin);
    if (removed) await session.recordAct('auth.logout', { service, origin });
    const left = (await describeCredentials(config)).filter((line) => line.isUsed && line.service === service && line.origin === origin);
    const warnings = left.map(({ from }) => `${from} still gives one`);
    const data: Wire<typeof authLogoutData> = { service, origin, removed, warnings };
    return { wire: () => data, text: (screen) => logoutText(screen, data) };
  },
};
