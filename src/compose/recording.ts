/** Who puts calls on record, as far as the configuration wants any of it. */
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Via } from '../domain/acts.ts';
import type { StoreContext } from '../store/context.ts';
import type { AuditLog } from '../telemetry/audit/audit-log.ts';
import type { Logbook } from '../telemetry/logbook.ts';
import { createRecorder, type Recorder } from '../telemetry/recorder.ts';
import { systemClock, systemRandom } from '../util/system-world.ts';

export interface RecordingOptions {
  readonly config: Config;
  readonly store: StoreContext;
  readonly via: Via;
}

export function configuredRecorder({ config, store, via }: RecordingOptions): Recorder {
  let opened: Promise<Logbook> | undefined;
  const open = async (): Promise<Logbook> => {
    const { Logbook } = await import('../telemetry/logbook.ts');
    return new Logbook({ store, via, counts: config.enableMetrics, audit: await openAuditLog(config, store) });
  };
  return createRecorder(() => {
    opened ??= open();
    // The next call tries again.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  });
}

/** Undefined where none is kept. @param store undefined where there is no root: only a log in a place of its own needs none */
export async function openAuditLog({ auditLog }: Config, store: StoreContext | undefined): Promise<AuditLog | undefined> {
  const isInStore = auditLog === 'store';
  const directory = isInStore ? store?.resolver.stateDir('audit') : auditLog;
  if (directory === undefined) return undefined;
  const { AuditLog } = await import('../telemetry/audit/audit-log.ts');
  const root = isInStore && store ? store.resolver.root : dirname(directory);
  return new AuditLog({ directory, isInStore, root, clock: systemClock, random: systemRandom });
}
