import { type CredentialLine, describeCredentials } from '../../credentials/describe-credentials.ts';
import type { Command } from '../command.ts';
import type { authStatusData } from '../documents/auth.ts';
import { authStatusText } from '../render/auth-text.ts';
import type { Wire } from '../wire/wire.ts';

export const authStatus: Command = {
  summary: 'Show which credentials there are, for which service, and from where',
  description:
    'Stored ones, those of the environment and of the token file of the Hugging Face clients, masked. Asks no service. What the AWS SDK finds by itself (profiles, single sign-on, roles) is not listed.',
  schema: 'wan.auth.status/v1',
  options: [],
  examples: [
    { command: 'wan auth status', what: 'what would be sent, and where' },
    { command: "wan auth status --json | jq '.data.credentials[] | select(.used)'", what: 'for scripts' },
  ],
  exitStatuses: [9],
  run: async (session) => {
    const lines = await describeCredentials(await session.config());
    return { wire: () => wire(lines), text: (screen) => authStatusText(screen, lines, Date.now()) };
  },
};

const wire = (lines: readonly CredentialLine[]): Wire<typeof authStatusData> => ({
  credentials: lines.map(({ service, origin, from, shown, isUsed, account, expiresAt, note }) => ({
    service,
    origin,
    from,
    shown,
    used: isUsed,
    ...(account !== undefined && { account }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(note !== undefined && { note }),
  })),
});
