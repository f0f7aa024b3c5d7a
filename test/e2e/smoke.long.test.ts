/** `wan models smoke` for real: torch and diffusers load miniature models that diffusers itself has made, and denoise. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkInvariants } from '../../src/index.ts';
import { describeWithDiffusers, diffusersPython } from '../support/diffusers-python.ts';
import { PIPELINE_PYTHON } from '../support/pipeline-python.ts';
import { type Outcome, type Place, PROJECT, placeWith, type RunOptions } from '../support/wan-command.ts';

// To import torch takes a minute where others have the machine.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

const T2V = 't2v-A14B-mini@2.2.0';
const I2V = 'i2v-A14B-mini@2.2.0';
const TI2V = 'ti2v-5B-mini@2.2.0';

interface SmokeDocument {
  readonly ok: boolean;
  readonly error?: { readonly code: string; readonly reason?: string; readonly message: string; readonly hint: string };
  readonly data?: {
    readonly verdict: string;
    readonly device: string;
    readonly load_seconds: number;
    readonly versions: Readonly<Record<string, string>>;
    readonly python: { readonly executable: string; readonly origin: string };
    readonly memory: { readonly host_peak_bytes: number };
    readonly clips: readonly {
      readonly mode: string;
      readonly pipeline_class: string;
      readonly experts: readonly string[];
      readonly step_seconds: readonly number[];
      readonly output: { readonly shape: readonly number[]; readonly std: number };
    }[];
  };
}

describeWithDiffusers('a smoke test', () => {
  let family: string;
  let work: string;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'wan-smoke-suite-'));
    family = join(work, 'family');
    diffusersPython([join(PROJECT, 'examples', 'diffusers', 'make_models.py'), family]);
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  interface Bench {
    readonly place: Place;
    smoke(ref: string, args?: readonly string[], options?: RunOptions): Promise<Outcome>;
    wan(args: readonly string[]): Promise<Outcome>;
  }

  async function bench(manifestDir = family): Promise<Bench> {
    const place = await placeWith({});
    const env = {
      WAN_PYTHON: PIPELINE_PYTHON,
      WAN_SAFETY_MARGIN: '0',
      WAN_MODELS_MANIFEST: join(manifestDir, 'models.toml'),
      TMPDIR: place.directory,
    };
    return {
      place,
      smoke: (ref, args = [], options) => place.wan(['models', 'smoke', ref, '--size', '64x64', '--json', ...args], { ...options, env }),
      wan: (args) => place.wan(args, { env }),
    };
  }

  const broken = async (kind: string): Promise<Bench> => {
    const directory = join(work, kind);
    diffusersPython([join(PROJECT, 'test', 'support', 'break-model.py'), family, kind, directory]);
    return bench(directory);
  };

  const documentOf = ({ stdout, stderr }: Outcome): SmokeDocument => {
    expect(stdout, stderr).toMatch(/^\{/);
    return JSON.parse(stdout) as SmokeDocument;
  };

  /** Its folder for temporary files is gone, and so is its Python. */
  const nothingIsLeft = async ({ place }: Bench): Promise<void> => {
    expect(readdirSync(place.directory).filter((name) => name.startsWith('wan-smoke-'))).toEqual([]);
    expect(pythonsOf(place)).toEqual([]);
    expect(await checkInvariants(place.root)).toEqual([]);
  };

  describe('of a model that works', () => {
    it.each([
      [T2V, [['t2v', 'WanPipeline', ['transformer', 'transformer_2']]]],
      [I2V, [['i2v', 'WanImageToVideoPipeline', ['transformer', 'transformer_2']]]],
      [
        TI2V,
        [
          ['t2v', 'WanPipeline', ['transformer']],
          ['i2v', 'WanImageToVideoPipeline', ['transformer']],
        ],
      ],
    ] as const)('loads it, runs its experts, and remembers that it passed: %s', async (ref, clips) => {
      const here = await bench();
      const ran = await here.smoke(ref);
      const { ok, data } = documentOf(ran);
      expect([ran.status, ok, data?.verdict], ran.stderr).toEqual([0, true, 'passed']);
      expect(data?.clips.map((clip) => [clip.mode, clip.pipeline_class, clip.experts])).toEqual(clips);
      for (const { output, step_seconds } of data?.clips ?? []) {
        expect(output.shape).toEqual([5, 64, 64, 3]);
        expect(output.std).toBeGreaterThan(0.001);
        expect(step_seconds.length).toBe(2);
      }
      expect(data).toMatchObject({ device: 'cpu', python: { executable: PIPELINE_PYTHON, origin: 'WAN_PYTHON' } });
      expect(Object.keys(data?.versions ?? {}).sort()).toEqual(['diffusers', 'torch', 'transformers']);
      expect(data?.memory.host_peak_bytes).toBeGreaterThan(100_000_000);
      const status = JSON.parse((await here.wan(['models', 'status', ref, '--json'])).stdout);
      expect(status.data.results[0].smoke).toMatchObject({ verdict: 'passed', device: 'cpu', modes: clips.map(([mode]) => mode) });
      await nothingIsLeft(here);
    });
  });

  describe('of a model that is wrong', () => {
    it.each([
      ['truncated', T2V, 5, 'FORMAT_INVALID', 'data_truncated', /transformer_2.*00003-of-00006/],
      ['int8', T2V, 5, 'FORMAT_INVALID', 'wrong_dtype', /transformer_2: its weights are I8/],
      [
        'float16',
        T2V,
        5,
        'FORMAT_INVALID',
        'wrong_dtype',
        /transformer_2: its weights are F16, and those of the variant fp32 are to be F32/,
      ],
      ['nan', T2V, 5, 'FORMAT_INVALID', 'weights_not_finite', /transformer_2: blocks\.\d\.attn\d\.to_q\.weight holds NaN/],
      ['no-tensor', T2V, 5, 'FORMAT_INVALID', 'tensors_missing', /transformer_2: 1 tensors/],
      ['no-vae-weights', TI2V, 3, 'COMPONENT_MISSING', 'component_missing', /vae: .*no file named/],
      ['no-component', T2V, 3, 'COMPONENT_MISSING', 'model_index', /transformer_2: model_index\.json names it/],
    ] as const)('says what, and remembers that it failed: %s', async (kind, ref, status, code, reason, message) => {
      const here = await broken(kind);
      const ran = await here.smoke(ref);
      const { ok, data, error } = documentOf(ran);
      expect([ran.status, ok, data?.verdict, error?.code, error?.reason], ran.stderr).toEqual([status, false, 'failed', code, reason]);
      expect(error?.message).toMatch(message);
      const told = JSON.parse((await here.wan(['models', 'status', ref, '--json'])).stdout);
      expect(told.data.results[0].smoke).toMatchObject({ verdict: 'failed', error: { code, reason } });
      await nothingIsLeft(here);
    });

    it('is mended first where only the copy here is wrong', async () => {
      const here = await bench();
      const { place } = here;
      await here.wan(['models', 'ensure', T2V]);
      const shard = join(place.root, 'wan22', T2V, 'transformer_2', 'diffusion_pytorch_model-00003-of-00006.safetensors');
      rmSync(shard);
      const { data } = documentOf(await here.smoke(T2V, ['--steps', '1']));
      expect(data?.verdict).toBe('passed');
      await nothingIsLeft(here);
    });
  });

  describe('that meets a limit', () => {
    it.each([
      ['of memory', ['--memory', '300M'], 6, 'QUOTA_EXCEEDED', 'memory_limit'],
      ['of time', ['--timeout', '2s'], 4, 'NETWORK_TIMEOUT', 'smoke_timeout'],
      ['of the machine: no GPU', ['--device', 'cuda'], 2, 'INVALID_CONFIG', 'cuda_missing'],
    ] as const)('ends with the limit as its reason: %s', async (_, args, status, code, reason) => {
      const here = await bench();
      const ran = await here.smoke(T2V, args);
      const { error } = documentOf(ran);
      expect([ran.status, error?.code, error?.reason], ran.stderr).toEqual([status, code, reason]);
      await nothingIsLeft(here);
    });

    it('of time while it denoises says so, and the model counts as untested', async () => {
      const here = await bench();
      const ran = await here.smoke(T2V, ['--steps', '900', '--frames', '81', '--size', '256x256', '--timeout', '45s']);
      const { data, error } = documentOf(ran);
      expect([ran.status, error?.code, data?.verdict], ran.stderr).toEqual([4, 'NETWORK_TIMEOUT', 'unknown']);
      expect(error?.message).toContain('making a clip (t2v)');
      await nothingIsLeft(here);
    });
  });

  describe('at work', () => {
    const atWork = /smoke test: making a clip/;

    it('keeps its model from being removed, and ends with everything it started where it is interrupted', async () => {
      const here = await bench();
      let refused: Promise<Outcome> | undefined;
      const ran = await here.smoke(T2V, ['--steps', '900'], {
        onStderr: (text, child) => {
          if (!atWork.test(text) || refused !== undefined) return;
          refused = here.wan(['models', 'rm', T2V, '--json']);
          void refused.then(() => child.kill('SIGINT'));
        },
      });
      expect(JSON.parse((await refused)?.stdout ?? '{}')).toMatchObject({ error: { reason: 'model_leased' } });
      expect([ran.status, documentOf(ran).error?.code], ran.stderr).toEqual([130, 'CANCELLED']);
      await nothingIsLeft(here);
      const status = JSON.parse((await here.wan(['models', 'status', T2V, '--json'])).stdout);
      expect(status.data.results[0]).toMatchObject({ state: 'COMPLETE' });
      expect(status.data.results[0].smoke).toBeUndefined();
    });

    it('ends with everything it started where wan is killed', async () => {
      const here = await bench();
      await here.smoke(T2V, ['--steps', '900'], {
        onStderr: (text, child) => {
          if (atWork.test(text)) child.kill('SIGKILL');
        },
      });
      await waitFor(() => pythonsOf(here.place).length === 0);
      await nothingIsLeft(here);
    });
  });
});

/** Process ids of those that run our program with this place's folder in their environment. */
function pythonsOf({ directory }: Place): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const isOurs = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('wan_smoke.py');
      return isOurs && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`WAN_SMOKE_FOLDER=${directory}/`);
    } catch {
      return false;
    }
  });
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries++) await sleep(50);
  expect(condition()).toBe(true);
}
