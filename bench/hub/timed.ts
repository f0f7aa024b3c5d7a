import { spawn } from 'node:child_process';

export interface Run {
  readonly wallS: number;
  readonly userS: number;
  readonly systemS: number;
}

/** Runs a script in bash, and says what it took with all that it waited for. Not spawnSync: the Hub is in this process. */
export async function timed(name: string, script: string): Promise<Run> {
  const started = performance.now();
  // bash's own `times`: its second line is that of everything it waited for.
  const child = spawn('bash', ['-ec', `${script}\ntimes`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [said, printed]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const wallS = (performance.now() - started) / 1000;
  const text = Buffer.concat(printed).toString();
  if (status !== 0) throw new Error(`${name} failed: ${Buffer.concat(said).toString()}${text}`);
  const [, , userS = Number.NaN, systemS = Number.NaN] = [...text.matchAll(/(\d+)m([\d.]+)s/g)]
    .slice(-4)
    .map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  return { wallS, userS, systemS };
}
