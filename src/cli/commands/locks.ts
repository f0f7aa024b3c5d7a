import { requireStore } from '../../compose/require-store.ts';
import { requireModelsRoot } from '../../config/require-models-root.ts';
import { LockManager } from '../../locks/lock-manager.ts';
import { ModelResolver } from '../../resolver/model-resolver.ts';
import { systemClock, systemRandom } from '../../util/system-world.ts';
import { type LockEntry, lockWire } from '../../wire/lock-wire.ts';
import type { Command } from '../command.ts';
import { locksText } from '../render/locks-text.ts';
import type { Session } from '../session.ts';

export const locks: Command = {
  summary: 'Show who holds which lock under the root, and how far they are',
  description: 'A lock dies with its holder, so none of these can be stale. Nothing is changed.',
  schema: 'wan.models.locks/v1',
  options: [{ name: 'all', summary: 'also locks that nobody holds now (--json shows them as not held)' }],
  examples: [{ command: 'wan models locks', what: 'who is at work here?' }],
  exitStatuses: [9],
  run: async (session, args) => {
    const every = await listLocks(session);
    const shown = args.has('all') ? every : every.filter(({ held }) => held);
    return { wire: () => ({ locks: shown.map(lockWire) }), text: (screen) => locksText(screen, shown, Date.now()) };
  },
};

async function listLocks(session: Session): Promise<readonly LockEntry[]> {
  const config = await session.config();
  requireStore(config);
  const modelsRoot = requireModelsRoot(config);
  const { lockDir } = new ModelResolver({ modelsRoot });
  return new LockManager({ clock: systemClock, random: systemRandom, lockDir }).list();
}
