import { spawnSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeModels } from '../../examples/quickstart/make-models.ts';
import { startNginx } from '../support/nginx.ts';
import { describeWithReal } from '../support/real-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { WAN } from '../support/wan-command.ts';

describeWithReal('ensure from nginx', {
  needs: ['nginx'],
  suite: () => {
    it('fetches a family whose first source is a server that lacks files, fetches shared parts once, and proves all', async () => {
      const place = await tempDir();
      const data = join(place, 'data');
      const { manifest } = await makeModels(data);
      const nginx = await startNginx(join(data, 'mirror-a'));
      const overHttp = join(data, 'http.toml');
      await writeFile(overHttp, (await readFile(manifest, 'utf8')).replaceAll('local://mirror-a/', `${nginx.url}/`));
      const wan = (...args: string[]) =>
        spawnSync(process.execPath, [WAN, ...args], {
          encoding: 'utf8',
          env: { ...process.env, MODELS_ROOT: join(place, 'root'), WAN_MODELS_MANIFEST: overHttp },
        });

      const ensured = wan('models', 'ensure', '--all', '--json', '--quiet');
      expect(ensured.status, ensured.stderr).toBe(0);
      expect(wan('models', 'verify', '--all', '--quiet').status).toBe(0);

      const shard = 'components/umt5-xxl-mini@2.2.0/model-00001-of-00003.safetensors';
      const { size } = await stat(join(data, 'mirror-a', shard));
      const sent = (await nginx.bytesSent()).get(`/${shard}`);
      expect(sent).toBeGreaterThanOrEqual(size);
      expect(sent).toBeLessThan(2 * size);
    });
  },
});
