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

export const configShowData = z.object({
  settings: z.array(
    z.object({
      key: z.string(),
      value: z.string().meta({ description: 'as people read it; a secret is never shown' }),
      origin: z.string(),
    }),
  ),
});

export const completionsData = z.object({ shell: z.enum(['bash', 'zsh', 'fish']), script: z.string() });

export const helpData = z.object({ text: z.string() });

export const versionData = z.object({ version: z.string(), node: z.string(), platform: z.string() });
