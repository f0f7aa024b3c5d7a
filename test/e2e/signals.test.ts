/** Ctrl-C and kill while bytes move. */
import { afterEach, describe, expect, it } from 'vitest';
import { FaultServer, seeded } from '../servers/http/fault-server.ts';
import { documentOf } from '../support/document.ts';
import { type Place, placeWith } from '../support/wan-command.ts';

const A = 'alpha@1.0.0';
let server: FaultServer | undefined;
afterEach(() => server?.stop());

const SIZE = 24 * 2 ** 20;

/** One file from a server that needs some ten seconds for it. */
async function slowPlace(): Promise<Place> {
  const content = seeded(SIZE, 1);
  server = await FaultServer.start({ files: { 'w.bin': content }, bytesPerSecond: 2 ** 20 });
  return placeWith({ [A]: { files: { 'w.bin': content.read(0, SIZE) }, sources: [server.url] } });
}

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends with %i, keeps what is held, and says how to resume', async (signal, status) => {
    const { wan } = await slowPlace();
    let sent = false;
    const outcome = await wan(['models', 'ensure', A, '--json', '--progress', 'json', '--connections', '4'], {
      onStderr: (text, child) => {
        const held = /"type":"ensure\.progress","done_bytes":(\d{7,})/.test(text);
        if (!held || sent) return;
        sent = true;
        child.kill(signal);
      },
    });
    expect(outcome.status).toBe(status);
    expect(documentOf(outcome.stdout)).toMatchObject({
      ok: false,
      error: { code: 'CANCELLED', hint: `resume with: wan models ensure ${A} --json --progress json --connections 4` },
    });
    expect(outcome.stderr).toContain(`resume with: wan models ensure ${A}`);
    const held = documentOf<{ results: { bytes_held: number }[] }>((await wan(['models', 'status', A, '--json'])).stdout);
    expect(held.data.results[0]?.bytes_held).toBeGreaterThan(0);

    if (server) server.bytesPerSecond = Number.POSITIVE_INFINITY;
    expect((await wan(['models', 'ensure', A])).status).toBe(0);
  });

  it('a second one ends at once', async () => {
    const { wan } = await slowPlace();
    let sent = false;
    const started = performance.now();
    const outcome = await wan(['models', 'ensure', A, '--progress', 'json'], {
      onStderr: (text, child) => {
        if (sent || !text.includes('"phase":"transferring"')) return;
        sent = true;
        child.kill('SIGINT');
        child.kill('SIGINT');
      },
    });
    expect(outcome.status).toBe(130);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
