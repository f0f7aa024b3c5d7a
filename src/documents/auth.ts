/** Documents of `wan auth`. No field ever holds a secret, but for that of a token that is just being made. */
import { z } from 'zod';

const service = z.enum(['hf', 's3', 'github']);
const origin = z.string().meta({ description: 'scheme, host and port that the credential is given to; `aws` for S3 of AWS' });
const account = z.string().meta({ description: 'name at the service' });
const expiresAt = z.iso.datetime();

export const authLoginData = z.object({
  service,
  origin,
  kept_in: z.string().meta({ description: '`keyring`, or the path of the file' }),
  shown: z.string().meta({ description: 'masked' }),
  checked: z.boolean().meta({ description: 'whether the service said that it is good' }),
  account: account.optional(),
  expires_at: expiresAt.optional(),
  warnings: z.array(z.string()),
});

export const authStatusData = z.object({
  credentials: z.array(
    z.object({
      service,
      origin,
      from: z.string().meta({ description: '`keyring`, the name of a variable, or a path' }),
      shown: z.string().meta({ description: 'masked; empty where it cannot be read' }),
      used: z.boolean(),
      broken: z.literal(true).optional().meta({ description: 'it cannot be used as it is: `note` says why, and what to do' }),
      account: account.optional(),
      expires_at: expiresAt.optional(),
      note: z.string().optional().meta({ description: 'why it is not used' }),
    }),
  ),
});

export const authLogoutData = z.object({ service, origin, removed: z.boolean(), warnings: z.array(z.string()) });

const apiToken = z.object({
  id: z.string(),
  name: z.string(),
  scope: z.enum(['read', 'write', 'admin']).meta({ description: 'each may do what those before it may' }),
  created_at: z.iso.datetime(),
  expires_at: expiresAt.optional().meta({ description: 'absent: until it is revoked' }),
});

export const authTokenData = z.discriminatedUnion('action', [
  apiToken.extend({ action: z.literal('create'), token: z.string().meta({ description: 'told once: nobody can find it out later' }) }),
  z.object({
    action: z.literal('list'),
    tokens: z.array(apiToken.extend({ is_expired: z.boolean() })),
    broken: z.array(z.object({ path: z.string(), problem: z.string() })).meta({ description: 'records that let nobody in' }),
  }),
  z.object({ action: z.literal('revoke'), revoked: z.array(z.string()).meta({ description: 'ids' }) }),
]);
