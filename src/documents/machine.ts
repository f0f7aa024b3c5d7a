/** Documents of the verbs beside `wan models`. */
import { z } from 'zod';

export const doctorData = z.object({
  verdict: z.enum(['ok', 'warn', 'fail']),
  checks: z.array(
    z.object({
      name: z.string(),
      verdict: z.enum(['ok', 'warn', 'fail']),
      message: z.string(),
      hint: z.string().optional(),
    }),
  ),
});

const setting = z.object({
  key: z.string(),
  value: z.string().meta({ description: 'as people read it; a secret is never shown' }),
  origin: z.string(),
});

export const configShowData = z.object({
  settings: z.array(
    setting.extend({
      held_back: setting.omit({ key: true }).optional().meta({
        description: "what a project's file says, which is not in force as long as the file is not trusted (`wan config trust`)",
      }),
      untrusted: z.literal(true).optional().meta({
        description: 'a project names this endpoint: it gets no credential but those that were stored for it',
      }),
    }),
  ),
});

export const configTrustData = z.object({
  files: z.array(z.string()).meta({ description: 'those of the project that are in force here, absolute' }),
  trusted: z.boolean(),
  settings: z.array(setting).meta({ description: 'what counts from now on and did not before' }),
});

export const completionsData = z.object({ shell: z.enum(['bash', 'zsh', 'fish']), script: z.string() });

export const helpData = z.object({ text: z.string() });

export const versionData = z.object({ version: z.string(), node: z.string(), platform: z.string() });

export const serveData = z.object({
  url: z.string().meta({ description: 'where it listens, or would' }),
  models_root: z.string(),
  manifest: z.string(),
  model_count: z.int().min(0),
  token_count: z.int().min(0),
  anonymous: z.enum(['none', 'read', 'write']).meta({ description: 'what a request without a token may do' }),
  checked: z.boolean().meta({ description: 'true: nothing was started' }),
});
