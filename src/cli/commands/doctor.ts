import type { doctorData } from '../../documents/machine.ts';
import { ModelError } from '../../domain/errors.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { type Check, type CheckVerdict, diagnose } from '../diagnose.ts';
import { doctorText } from '../render/doctor-text.ts';

export const doctor: Command = {
  summary: 'Say whether this machine is ready, and what to do where it is not',
  description:
    'Looks at Node, the configuration and where it came from, MODELS_ROOT and its volume (tried out in a folder of its own, which is removed), the manifest, proxies and certificates. Opens no socket.',
  schema: 'wan.doctor/v1',
  options: [],
  examples: [
    { command: 'wan doctor', what: 'before the first ensure' },
    { command: 'wan doctor --root /mnt/nfs/models', what: 'what can that volume do?' },
    { command: 'wan doctor --json | jq -e \'.data.verdict != "fail"\'', what: 'for provisioning scripts' },
  ],
  exitStatuses: [9],
  run: async (session) => {
    const checks = await diagnose(session);
    const verdict = worst(checks);
    const error = verdict === 'fail' ? notReady(checks.filter((check) => check.verdict === 'fail')) : undefined;
    return { wire: () => wire(verdict, checks), text: (screen) => doctorText(screen, checks), ...(error && { error }) };
  },
};

const worst = (checks: readonly Check[]): CheckVerdict =>
  (['fail', 'warn'] as const).find((verdict) => checks.some((check) => check.verdict === verdict)) ?? 'ok';

/** Exit status 2 where the configuration is at fault, 9 where only the machine is. */
function notReady(failed: readonly Check[]): ModelError {
  const configured = failed.some(({ area }) => area === 'configuration');
  return new ModelError(configured ? 'INVALID_CONFIG' : 'FILESYSTEM_ERROR', `not ready: ${failed.map(({ name }) => name).join(', ')}`, {
    reason: 'not_ready',
    hint: (failed.length === 1 ? failed[0]?.hint : undefined) ?? 'correct what is named above, then run `wan doctor` again',
  });
}

const wire = (verdict: CheckVerdict, checks: readonly Check[]): Wire<typeof doctorData> => ({
  verdict,
  checks: checks.map(({ name, verdict: own, message, hint }) => ({ name, verdict: own, message, ...(hint !== undefined && { hint }) })),
});
