/** A real `wan serve`, asked whatever its OpenAPI document allows and forbids: it answers as the document says, and never breaks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { checkInvariants } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { ApiTokens } from '../../src/credentials/api-tokens.ts';
import { HubServer } from '../servers/hub/hub-server.ts';
import { MODEL, type ModelWorld, modelFixture } from '../support/model-fixture.ts';
import { describeWithReal } from '../support/real-server.ts';
import { runSchemathesis, SCHEMATHESIS } from '../support/schemathesis.ts';

/** They answer 501, which is what their document says, and what a tester takes for broken. */
const OF_MANY_MACHINES = '/workers|/assign|/unassign|/unload|/cluster';
/** It never ends. */
const LIVE = '/v1/events';
const CONFORMS = 'status_code_conformance,content_type_conformance,response_schema_conformance';

async function serve(world: ModelWorld) {
  const { child, ended } = world.start(['serve'], { MODEL_API_PORT: '0', WAN_API_RATE_LIMIT: '1000000', WAN_LOG_FORMAT: 'json' });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  for (let tries = 0; tries < 3000; tries++) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(log) ?? [];
    if (url !== undefined) return { url, child, ended };
    if (child.exitCode !== null) break;
    await sleep(20);
  }
  throw new Error(`it does not listen: ${log}`);
}

describeWithReal('the service, held against its own document by schemathesis', {
  needs: [SCHEMATHESIS],
  suite: () => {
    it('never fails, and answers nothing that the document does not have', async () => {
      const hub = await HubServer.start();
      onTestFinished(() => hub.stop());
      const world = await modelFixture({ files: { 'a.bin': 'bytes', 'b/c.json': '{}' }, env: { HF_ENDPOINT: hub.url } });
      await (await world.orchestrator()).ensure(MODEL);
      const tokens = new ApiTokens(await loadConfig({ env: world.env, cwd: world.directory, homeDir: world.directory }));
      const { token } = await tokens.create({ name: 'tester', scope: 'admin' });
      const { url, child, ended } = await serve(world);
      const asAdmin = ['--header', `Authorization: Bearer ${token.reveal()}`];
      const phases = ['--phases', 'examples,coverage,fuzzing', '--max-examples', '10'];
      const whole = [...asAdmin, ...phases, '--exclude-path', LIVE, '--exclude-path-regex', OF_MANY_MACHINES];
      const all = await runSchemathesis(url, [...whole, '--checks', `not_a_server_error,${CONFORMS}`], world.directory);
      expect(all.status, all.report).toBe(0);
      expect(all.requestCount, all.report).toBeGreaterThan(500);
      const later = [...asAdmin, ...phases, '--include-path-regex', OF_MANY_MACHINES];
      const notThere = await runSchemathesis(url, [...later, '--checks', CONFORMS], world.directory);
      expect(notThere.status, notThere.report).toBe(0);
      expect((await fetch(`${url}/health`)).status).toBe(200);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
      expect(await checkInvariants(world.modelsRoot)).toEqual([]);
    });
  },
});
