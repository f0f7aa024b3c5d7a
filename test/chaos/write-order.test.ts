import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithReal } from '../support/real-server.ts';
import { runIn } from './crash-points.ts';
import { BYSTANDER, crashWorld, SCENARIOS, type Scenario, SUBJECT } from './crash-scenarios.ts';
import { parentOf, pathsOf, type WordedCall, WriteOrder } from './write-order.ts';

const TARGET = `wan22/${SUBJECT}`;
/** Losing these costs a rehash, a parse, or nothing: only what they lie in matters. */
const NEED_NOT_LAST = /^mkdir\("(\.locks|\.state\/manifests)/;

async function orderOf(scenario: Scenario): Promise<WriteOrder> {
  const crash = await crashWorld();
  const { code, calls, stdout } = await runIn(crash, scenario);
  expect(code, stdout).toBe(0);
  return new WriteOrder(calls, scenario.inTier ? crash.world.directory : crash.root);
}

describeWithReal('the order of writes, read from a trace of the kernel calls', {
  needs: ['strace'],
  suite: () => {
    it('a first ensure: intent, then blobs, then the snapshot, then the word of success, each safe before the next', async () => {
      const order = await orderOf(SCENARIOS.cold);
      const publish = order.only(new RegExp(`^rename\\("\\.tmp/[^"]*\\.partial", "${TARGET}"`));
      const staged = pathsOf(publish).from;

      const intent = order.only(/^pwrite64\(<\.state\/intents\//);
      const [firstPartial] = order.all(/^openat\(.*\.part",.*O_CREAT/);
      if (firstPartial === undefined) throw new Error('no partial was made');
      order.synced('.state/intents/UUID', { after: intent, before: firstPartial });
      order.synced('.state/intents', { after: intent, before: firstPartial });

      const commits = order.all(/^rename\("\.tmp\/[^"]*\.part", "\.blobs\//);
      expect(commits).toHaveLength(2);
      for (const commit of commits) {
        const { from, to } = pathsOf(commit);
        order.contentSynced(from, commit);
        order.synced(parentOf(to), { after: commit, before: publish });
      }

      const record = order.only(new RegExp(`^rename\\("\\.tmp/UUID\\.rec", "${staged}/\\.verified\\.json"`));
      const [written] = order
        .all(/^write\(<\.tmp\/UUID\.rec>/)
        .filter((write) => write.ended < record.begun)
        .slice(-1);
      if (written === undefined) throw new Error('no record was written');
      order.synced('.tmp/UUID.rec', { after: written, before: record });
      order.synced(staged, { after: record, before: publish });
      const links = order.all(/^link\("\.blobs\//).map((link) => ({ link, folder: parentOf(pathsOf(link).to) }));
      expect(links).toHaveLength(3);
      for (const { link, folder } of links) {
        order.before(link, record);
        order.synced(folder, { after: link, before: publish });
      }

      for (const made of order.all(/^mkdir\(/).filter(({ words }) => !NEED_NOT_LAST.test(words))) {
        const [, path = ''] = /"([^"]*)"/.exec(made.words) ?? [];
        if (path !== '.') order.synced(parentOf(path), { after: made, before: made.begun < publish.begun ? publish : order.success() });
      }
      order.synced('wan22', { after: publish, before: order.success() });
      order.before(publish, order.only(/^unlink\("\.state\/intents\//));
    });

    it('a digest that is learned by fetching is safe in the intent before its blob has its name', async () => {
      const order = await orderOf(SCENARIOS.learning);
      const [begun, ...named] = order.all(/^pwrite64\(<\.state\/intents\//);
      expect([begun, ...named]).toHaveLength(3);
      const commits = order.all(/^rename\("\.tmp\/[^"]*\.part", "\.blobs\//).sort((a, b) => a.begun - b.begun);
      expect(commits).toHaveLength(2);
      for (const [index, commit] of commits.entries()) {
        const line = named.sort((a, b) => a.begun - b.begun)[index];
        if (line === undefined) throw new Error('a blob was committed that no intent names');
        order.synced('.state/intents/UUID', { after: line, before: commit });
      }
    });

    it('an exchange is safe before the old generation is removed', async () => {
      const order = await orderOf(SCENARIOS.growing);
      const exchange = order.only(/RENAME_EXCHANGE/);
      const [removal] = order.all(/^unlink(at)?\(.*\.partial\//).filter((call) => call.begun > exchange.ended);
      if (removal === undefined) throw new Error('nothing was removed');
      order.synced('wan22', { after: exchange, before: removal });
    });

    it('what people laid in has its second names safe before the exchange, each of its folders fsynced once', async () => {
      const prepare: Scenario['prepare'] = async (crash) => {
        await SCENARIOS.growing.prepare(crash);
        const folder = join(crash.root, TARGET, 'mine');
        mkdirSync(folder);
        for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), name);
      };
      const order = await orderOf({ ...SCENARIOS.growing, prepare });
      const names = order.all(/^link(at)?\(.*"wan22\/[^"]*\/mine\/[abc]"/);
      const syncs = order.all(/^fsync\(.*\/mine>\)$/);
      expect([names.length, syncs.length]).toEqual([3, 1]);
      order.before(names.at(-1) as WordedCall, syncs[0] as WordedCall);
      order.before(syncs[0] as WordedCall, order.only(/RENAME_EXCHANGE/));
    });

    it('two renames: the record is safe before the first, each rename before what follows', async () => {
      const order = await orderOf(SCENARIOS.twoRenames);
      const record = order.only(/^rename\("\.tmp\/UUID\.rec", "\.state\/publish\//);
      const aside = order.only(new RegExp(`^rename\\("${TARGET}", "\\.trash/UUID"`));
      const publish = order.only(new RegExp(`^rename\\("\\.tmp/[^"]*\\.partial", "${TARGET}"`));
      const done = order.only(/^unlink\("\.state\/publish\//);
      order.synced('.state/publish', { after: record, before: aside });
      order.synced('wan22', { after: aside, before: publish });
      order.synced('wan22', { after: publish, before: done });
    });

    it('healing: each relinked file and its record are safe before the mark goes', async () => {
      const order = await orderOf(SCENARIOS.healing);
      const unmarked = order.only(/^unlink\("\.state\/corrupt\//);
      const relinks = order.all(/^rename\("\.trash\/UUID\/link", /);
      expect(relinks.map((call) => parentOf(parentOf(pathsOf(call).to))).sort()).toEqual([`wan22/${BYSTANDER}`, TARGET, TARGET]);
      for (const relink of relinks) {
        order.synced(parentOf(pathsOf(relink).to), { after: relink, before: unmarked });
        const snapshot = parentOf(parentOf(pathsOf(relink).to));
        const [record] = order.all(new RegExp(`^rename\\("\\.tmp/UUID\\.rec", "${snapshot}/\\.verified\\.json"`));
        if (record === undefined) throw new Error(`the record of ${snapshot} was not written`);
        order.synced(snapshot, { after: record, before: unmarked });
      }
    });

    it('a move to a tier: each blob is safe there before it has its name, and all of it, there and here, before the snapshot goes', async () => {
      const order = await orderOf(SCENARIOS.toTier);
      const gone = order.only(new RegExp(`^rename\\("models/${TARGET}", "models/\\.trash/UUID/snapshot"`));
      const known = order.only(/^rename\("models\/\.tmp\/UUID\.rec", "models\/\.state\/cold\//);
      const named = order.all(/^rename\("cold-tier\/tmp\/[^"]*", "cold-tier\/sha256\//);
      expect(named).toHaveLength(2);
      for (const blob of named) {
        const { from, to } = pathsOf(blob);
        order.contentSynced(from, blob);
        order.synced(parentOf(to), { after: blob, before: known });
      }
      const registered = order.all(/^rename\("cold-tier\/tmp\/[^"]*", "cold-tier\/models\//);
      expect(registered).toHaveLength(2);
      const [claimed, whole] = registered as [WordedCall, WordedCall];
      const [firstBlob] = named as [WordedCall];
      order.synced(parentOf(pathsOf(claimed).to), { after: claimed, before: firstBlob });
      order.contentSynced(pathsOf(whole).from, whole);
      order.synced(parentOf(pathsOf(whole).to), { after: whole, before: known });
      order.synced('models/.state/cold', { after: known, before: gone });
    });

    it('a removal goes the other way: first the snapshot, and only when that is safe its blobs', async () => {
      const order = await orderOf(SCENARIOS.removing);
      const gone = order.only(new RegExp(`^rename\\("${TARGET}", "\\.trash/UUID/snapshot"`));
      const [swept] = order.all(/^rename\("\.blobs\/[^"]*", "\.trash\//);
      const [unlinked] = order.all(/^unlink(at)?\(.*\.trash\//);
      if (swept === undefined || unlinked === undefined) throw new Error('nothing was swept');
      order.synced('wan22', { after: gone, before: swept });
      order.synced('wan22', { after: gone, before: unlinked });
    });
  },
});
