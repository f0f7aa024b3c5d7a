/** Every human text with fixed data: in full on a wide screen, and on 20 columns nothing lost. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../domain/digest.ts';
import { ModelError } from '../../domain/errors.ts';
import type { EnsurePlan, EnsureResult, VerifyReport, WeightsReport } from '../../domain/results.ts';
import type { SpaceVerdict } from '../../domain/space.ts';
import type { ModelSpec } from '../../domain/spec.ts';
import type { ModelStatus } from '../../domain/status.ts';
import type { Tried } from '../../wire/tried.ts';
import { configText } from './config-text.ts';
import { doctorText } from './doctor-text.ts';
import { ensureText } from './ensure-text.ts';
import { errorText } from './error-text.ts';
import { gcText } from './gc-text.ts';
import { listText } from './list-text.ts';
import { lockText } from './lock-text.ts';
import { locksText } from './locks-text.ts';
import { planText } from './plan-text.ts';
import { problemsText } from './problems-text.ts';
import { rmText } from './rm-text.ts';
import { PLAIN_SCREEN, type Screen } from './screen.ts';
import { showText } from './show-text.ts';
import { statusText } from './status-text.ts';
import { verifyText } from './verify-text.ts';

const MIB = 2 ** 20;
const NARROW: Screen = { columns: 20, rows: 24, color: true, unicode: true };
const T2V = { modelId: 't2v-A14B@2.2.0' };
const I2V = { modelId: 'i2v-A14B@2.2.0', variant: 'bf16' };
const T2V_PATH = '/models/wan22/t2v-A14B@2.2.0';

const done = <T>(ref: string, value: T): Tried<T> => ({ ref, value });
const failed = <T>(ref: string): Tried<T> => ({ ref, error: new ModelError('NO_SPACE', 'the volume is full') });

const ensured: EnsureResult = {
  ref: T2V,
  variant: 'fp16',
  variantReason: 'default',
  environment: 'production',
  path: T2V_PATH,
  totalBytes: 20 * MIB,
  fetchedBytes: 12 * MIB,
  reusedBytes: 8 * MIB,
  proof: 'manifest-sha256',
  durationMs: 2130,
  files: [],
  aliases: [{ name: 'unet', means: ['transformer', 'transformer_2'] }],
  mended: new Map(),
  liars: ['https://mirror.example/t2v'],
  troubles: [
    { source: 's3://bucket/t2v', code: 'RATE_LIMIT', times: 3, message: 'slow down' },
    { source: 'hf://org/t2v', code: 'NETWORK_TIMEOUT', reason: 'stalled', times: 1, message: 'no byte for 30 s' },
  ],
};

const complete: ModelStatus = {
  ref: T2V,
  variant: 'fp16',
  state: 'COMPLETE',
  path: T2V_PATH,
  fileCount: 12,
  totalBytes: 20 * MIB,
  missingFiles: [],
  faultyFiles: [],
  bytesNeeded: 0,
  bytesHeld: 0,
  proof: 'manifest-sha256',
  proofs: { 'manifest-sha256': 12 },
  verifiedAt: '2026-11-22T14:05:31.000Z',
};

const corrupt: ModelStatus = {
  ...complete,
  ref: I2V,
  state: 'CORRUPT',
  path: '/models/wan22/i2v-A14B@2.2.0@bf16',
  missingFiles: ['vae/config.json'],
  faultyFiles: [{ path: 'unet/a.safetensors', fault: 'digest', sizeBytes: MIB }],
  bytesNeeded: MIB + 300,
};

const planned: EnsurePlan = {
  ref: T2V,
  variant: 'fp16',
  variantReason: 'environment',
  environment: 'development',
  path: T2V_PATH,
  sources: ['local://wan22/t2v', 'https://mirror.example/t2v'],
  files: [
    {
      path: 'model_index.json',
      sizeBytes: 300,
      action: 'keep',
      fetchBytes: 0,
      copyBytes: 0,
      verifyBytes: 0,
      mayFetchBytes: 0,
      proof: 'size-only',
    },
    {
      path: 'vae/w.safetensors',
      sizeBytes: 8 * MIB,
      action: 'link',
      fetchBytes: 0,
      copyBytes: 0,
      verifyBytes: 0,
      mayFetchBytes: 0,
      proof: 'manifest-sha256',
    },
    {
      path: 'unet/w.safetensors',
      sizeBytes: 12 * MIB,
      action: 'resume',
      fetchBytes: 4 * MIB,
      copyBytes: 0,
      verifyBytes: 0,
      mayFetchBytes: 0,
      proof: 'manifest-sha256',
      fault: 'digest',
    },
    {
      path: 'text/w.safetensors',
      sizeBytes: 3 * MIB,
      action: 'copy',
      fetchBytes: 0,
      copyBytes: 3 * MIB,
      verifyBytes: 0,
      mayFetchBytes: 0,
      proof: 'lock-sha256',
    },
  ],
  aliases: [],
  components: [
    { fileCount: 1, totalBytes: 300, fetchBytes: 0, sharedBytes: 0, sharedWith: [], sources: ['local://wan22/t2v'] },
    {
      component: 'vae',
      fileCount: 1,
      totalBytes: 8 * MIB,
      fetchBytes: 0,
      sharedBytes: 8 * MIB,
      sharedWith: ['i2v-A14B@2.2.0'],
      sources: ['https://mirror.example/vae'],
    },
  ],
  totalBytes: 20 * MIB,
  fetchBytes: 4 * MIB,
  copyBytes: 3 * MIB,
  linkBytes: 8 * MIB,
  verifyBytes: 0,
  mayFetchBytes: 0,
  deriveBytes: 0,
  spaceNeededBytes: 1028 * MIB,
  freeBytes: 100 * MIB,
};

const space: SpaceVerdict = {
  writeBytes: 7 * MIB,
  secondCopyBytes: 0,
  marginBytes: 0,
  neededBytes: 7 * MIB,
  freeBytes: 100 * MIB,
  reservedBytes: 0,
  shortfallBytes: 0,
  quotas: [],
};

const verified: VerifyReport = {
  ref: T2V,
  variant: 'fp16',
  path: T2V_PATH,
  ok: false,
  proof: 'size-only',
  files: [
    { path: 'a', sizeBytes: 1, ok: true, proof: 'size-only' },
    { path: 'b', sizeBytes: 1, ok: false, proof: 'manifest-sha256', fault: 'digest', expected: 'aa', found: 'bb' },
  ],
  extraFiles: ['notes.txt'],
  formatFaults: [],
  bytesRead: 2 * MIB,
  durationMs: 167,
};

const spec: ModelSpec = {
  ref: T2V,
  variant: 'fp16',
  modelId: 't2v-A14B@2.2.0',
  name: 't2v-A14B',
  version: '2.2.0',
  family: 'wan22',
  type: 'text-to-video',
  description: 'Text to video',
  variants: ['fp16', 'bf16'],
  defaultVariant: 'fp16',
  files: [
    {
      path: 'vae/w.safetensors',
      sizeBytes: MIB,
      proof: 'manifest-sha256',
      optional: true,
      shardIndex: false,
      component: 'vae',
      mountedFrom: 'vae@1.0.0',
    },
  ],
  sources: [],
  allowPatterns: [],
  requiredComponents: ['transformer'],
  optionalComponents: ['vae'],
  resolutionCaps: ['720p24'],
  loraRequired: false,
  baseFamily: 'wan2.2-t2v-a14b',
  defaults: { fps: 24, scheduler: 'unipc' },
  tags: [],
  lock: [],
  environments: { production: 'fp16', development: 'bf16' },
  pipeline: {
    className: 'WanPipeline',
    classWrittenAs: 'WanT2VPipeline',
    modes: ['t2v'],
    requiredComponents: ['transformer', 'vae'],
    forbiddenComponents: ['image_encoder'],
    requiredInputs: ['prompt'],
    forbiddenInputs: ['image'],
  },
  componentAliases: [{ name: 'unet', means: ['transformer'] }],
  vramEstimation: { paramsBillion: 14.288, familySize: 'large', minVramGb: 80, measuredPeakGb: { '480p': 41.3, '720p': 59.8 } },
  overlays: [
    {
      name: 'lightning',
      baseFamily: 'wan2.2-t2v-a14b',
      defaults: { steps: 4 },
      files: [
        { path: 'loras/high.safetensors', appliesTo: 'transformer', weight: 1 },
        { path: 'loras/workflow.json', weight: 1 },
      ],
    },
  ],
  specDigest: sha256Of('0'.repeat(64)),
};

const counted = { weightFileCount: 0, readFileCount: 0, missing: [], unread: [], tensorCount: 0, parameterCount: 0, parametersByDtype: {} };
const weights: WeightsReport = {
  ref: T2V,
  variant: 'fp16',
  path: T2V_PATH,
  components: [
    {
      ...counted,
      component: 'transformer',
      fileCount: 8,
      totalBytes: 12 * MIB,
      proof: 'manifest-sha256',
      weightFileCount: 2,
      readFileCount: 1,
      missing: ['b.safetensors'],
      tensorCount: 2,
      parameterCount: 1_048_580,
      parametersByDtype: { F32: 1_048_576, BF16: 4 },
    },
    { ...counted, component: 'vae', mountedFrom: 'vae@1.0.0', fileCount: 1, totalBytes: MIB, proof: 'size-only', unread: ['vae/w.pth'] },
    { ...counted, overlay: 'lightning', fileCount: 1, totalBytes: MIB, proof: 'manifest-sha256', weightFileCount: 1 },
  ],
  files: [
    { path: 'a.safetensors', sizeBytes: 8, tensors: [{ name: 'head.weight', dtype: 'F32', shape: [1024, 1024] }] },
    { path: 'b.safetensors', sizeBytes: 8 },
    { path: 'c.safetensors', sizeBytes: 8, error: new ModelError('FORMAT_INVALID', 'not a valid safetensors file: no').toJSON() },
  ],
};

const TEXTS: Readonly<Record<string, (screen: Screen) => string>> = {
  ensure: (screen) => ensureText(screen, [done('t2v-a14b', ensured), failed('i2v-A14B@2.2.0')]),
  status: (screen) => statusText(screen, [done('t2v-A14B', complete), done('i2v-A14B@2.2.0#bf16', corrupt), failed('ti2v-5b')]),
  plan: (screen) => planText(screen, [done('t2v-A14B@2.2.0', planned)], space),
  verify: (screen) => verifyText(screen, [done('t2v-A14B', verified)]),
  list: (screen) =>
    listText(screen, [
      {
        modelId: 't2v-A14B@2.2.0',
        family: 'wan22',
        type: 'text-to-video',
        description: 'Text to video',
        variants: ['fp16', 'bf16'],
        defaultVariant: 'fp16',
        fileCount: 12,
        totalBytes: 20 * MIB,
        proof: 'size-only',
        overlays: ['lightning'],
      },
      { modelId: 'umt5@1.0.0', family: 'shared', description: '', variants: ['bf16'], defaultVariant: 'bf16', fileCount: 1, totalBytes: 5 },
    ]),
  show: (screen) => showText(screen, spec, { path: T2V_PATH, sources: ['local://a', 'https://b.example'], weights, tensors: true }),
  rm: (screen) =>
    rmText(screen, [
      done('a', { label: 'a@1.0.0', path: '/m/a', removed: true, reclaimedBytes: MIB, sharedBytes: 2 * MIB }),
      done('b', { label: 'b@1.0.0', path: '/m/b', removed: false, reclaimedBytes: 0, sharedBytes: 0, isRegistered: true }),
    ]),
  lock: (screen) =>
    lockText(screen, {
      lockfilePath: '/w/models.lock',
      written: true,
      parts: [],
      failed: [],
      notDerived: [
        { ref: 'i2v-A14B@2.2.0@bf16', reason: 'not_made', files: ['dit/a.safetensors', 'dit/b.safetensors'] },
        { ref: 't2v-A14B@2.2.0@bf16', reason: 'inputs_unknown', files: ['dit/a.safetensors'] },
      ],
      readBytes: 0,
    }),
  locks: (screen) =>
    locksText(
      screen,
      [
        {
          path: 'model/t2v.lock',
          held: true,
          holder: {
            pid: 4121,
            host: 'gpu-7',
            bootId: 'b',
            since: '2026-11-22T10:00:00Z',
            doing: 'ensure t2v-A14B@2.2.0',
            doneBytes: 62,
            totalBytes: 100,
          },
        },
        { path: 'state.lock', held: true },
      ],
      Date.parse('2026-11-22T10:03:20Z'),
    ),
  problems: (screen) =>
    problemsText(screen, [
      { file: 'models.toml', line: 12, column: 8, code: 'path_traversal', message: '"../x" leaves its folder', hint: 'remove the ..' },
    ]),
  doctor: (screen) =>
    doctorText(screen, [
      { area: 'machine', name: 'node', verdict: 'ok', message: 'v24' },
      { area: 'volume', name: 'locks', verdict: 'fail', message: 'there are no locks here', hint: 'put MODELS_ROOT on a local volume' },
    ]),
  config: (screen) =>
    configText(screen, [
      { key: 'models_root', group: 'Places', shown: '/models', origin: { from: 'env', where: 'MODELS_ROOT' }, description: '' },
      { key: 'retry_attempts', group: 'Transfer', shown: '7', origin: { from: 'file', where: 'wan.toml:3:1' }, description: '' },
    ]),
  error: (screen) =>
    errorText(
      screen,
      new ModelError('SOURCE_UNAVAILABLE', 't2v-A14B@2.2.0: every source failed', {
        hint: 'add a source',
        attempts: [
          { source: 'https://a.example', file: 'w.bin', code: 'NETWORK_TIMEOUT', message: 'no byte for 60 s' },
          { source: 's3://b/c', file: 'a.bin', code: 'SOURCE_UNAVAILABLE', message: 's3://b/c: closed', times: 3 },
        ],
        details: { file: 'a.bin' },
      }),
    ),
};

/** What stands first needs no title where each row is a block. */
const FIRST_TITLES = ['component', 'model', 'file', 'lock', 'check', 'key'];

describe('texts', () => {
  it('look as they should on a wide screen', () => {
    const all = Object.entries(TEXTS).map(([name, text]) => `--- ${name}\n${text(PLAIN_SCREEN)}`);
    expect(`\n${all.join('\n\n')}\n`).toMatchInlineSnapshot(`
      "
      --- ensure
         MODEL           STATE         SIZE   FETCHED   TIME  PROOF            PATH
      +  t2v-A14B@2.2.0  COMPLETE  20.0 MiB  12.0 MiB  2.1 s  manifest-sha256  /models/wan22/t2v-A14B@2.2.0
      x  i2v-A14B@2.2.0  NO_SPACE
      t2v-a14b is t2v-A14B@2.2.0 in the manifest
      unet means transformer and transformer_2 in t2v-A14B@2.2.0
      wrong bytes for t2v-A14B@2.2.0 came from https://mirror.example/t2v: correct or remove that source
      passed over for t2v-A14B@2.2.0: s3://bucket/t2v (RATE_LIMIT, 3 times), hf://org/t2v (stalled)

      --- status
         MODEL                STATE     FILES      SIZE   NEEDED  PROOF            VERIFIED           PATH
      +  t2v-A14B@2.2.0       COMPLETE  12/12  20.0 MiB           manifest-sha256  2026-11-22 14:05Z  /models/wan22/t2v-A14B@2.2.0
      x  i2v-A14B@2.2.0@bf16  CORRUPT   11/12  20.0 MiB  1.0 MiB  manifest-sha256  2026-11-22 14:05Z  /models/wan22/i2v-A14B@2.2.0@bf16
      x  ti2v-5b              NO_SPACE

      i2v-A14B@2.2.0@bf16
        unet/a.safetensors holds other bytes
        vae/config.json is missing
        mend with \`wan models repair i2v-A14B@2.2.0@bf16\`

      --- plan
      t2v-A14B@2.2.0
      FILE                ACTION               SIZE  TO FETCH  PROOF
      vae/w.safetensors   link              8.0 MiB            manifest-sha256
      unet/w.safetensors  resume (digest)  12.0 MiB   4.0 MiB  manifest-sha256
      text/w.safetensors  copy              3.0 MiB            lock-sha256

      COMPONENT  FILES    BYTES   SHARED  SHARED WITH     FROM
      (none)         1      300                           local://wan22/t2v
      vae            1  8388608  8388608  i2v-A14B@2.2.0  https://mirror.example/vae

      variant   fp16, which this model takes in the environment development
      to fetch  4.0 MiB of 20.0 MiB
      to copy   3.0 MiB, out of the Hub cache or a tier
      to link   8.0 MiB
      needs     1.0 GiB of free space, margin included; there are 100 MiB: not enough
      from      local://wan22/t2v, https://mirror.example/t2v
      path      /models/wan22/t2v-A14B@2.2.0

      --- verify
         MODEL           RESULT   FILES     READ    TIME  PROOF      PATH
      x  t2v-A14B@2.2.0  CORRUPT    1/2  2.0 MiB  167 ms  size-only  /models/wan22/t2v-A14B@2.2.0

      t2v-A14B@2.2.0
        b holds other bytes (expected aa, found bb)
        notes.txt is declared by nobody (left alone)

      --- list
      MODEL           FAMILY  TYPE           VARIANTS    FILES      SIZE  PROOF      OVERLAYS   DESCRIPTION
      t2v-A14B@2.2.0  wan22   text-to-video  fp16* bf16     12  20.0 MiB  size-only  lightning  Text to video
      umt5@1.0.0      shared                 bf16            1       5 B

      --- show
      t2v-A14B@2.2.0
      Text to video
      family        wan22
      type          text-to-video
      variants      fp16* bf16
      environments  production = fp16, development = bf16
      size          1.0 MiB in 1 file
      resolutions   720p24
      base family   wan2.2-t2v-a14b
      sources       local://a
                    https://b.example
      path          /models/wan22/t2v-A14B@2.2.0

      components
      COMPONENT    FILES      SIZE  PARAMETERS  TENSORS  DTYPES                  PROOF            NOTE
      transformer      8  12.0 MiB   1,048,580        2  F32: 1,048,576 BF16: 4  manifest-sha256  required, 1 of 2 weight files here
      vae              1   1.0 MiB                                               size-only        optional, from vae@1.0.0, no safetensors: not read
      +lightning       1   1.0 MiB                                               manifest-sha256  weights not here

      pipeline
      class    WanPipeline (written as WanT2VPipeline)
      modes    t2v
      needs    transformer vae
      forbids  image_encoder
      inputs   prompt, no image
      aliases  unet means transformer

      defaults
      video     fps = 24
      sampling  scheduler = unipc

      memory
      parameters        14.288 billion
      size class        large
      authors ask for   80 GB on one GPU
      authors measured  480p = 41.3 GB, 720p = 59.8 GB

      overlays
      OVERLAY    APPLIES TO       DEFAULTS   BASE FAMILY
      lightning  transformer x 1  steps = 4  wan2.2-t2v-a14b

      files
      FILE                  SIZE  COMPONENT  PROOF            NOTE
      vae/w.safetensors  1.0 MiB  vae        manifest-sha256  optional, from vae@1.0.0

      tensors
      FILE           TENSOR       DTYPE  SHAPE
      a.safetensors  head.weight  F32    [1024, 1024]
      b.safetensors  not here
      c.safetensors: not a valid safetensors file: no

      --- rm
      + removed a@1.0.0: 1.0 MiB freed, 2.0 MiB kept for other models
      - b@1.0.0 is not here; its entry in the registry stays (\`wan models rm b@1.0.0 --unregister\`)

      --- lock
      note: i2v-A14B@2.2.0@bf16: 2 files are not pinned: not derived here yet: run \`wan models ensure i2v-A14B@2.2.0@bf16\`, then lock again
      note: t2v-A14B@2.2.0@bf16: dit/a.safetensors is not pinned: no digest is known of what it is made from
      written: /w/models.lock (0 kept)

      --- locks
      LOCK            HELD BY                                DOING                  DONE         FOR
      model/t2v.lock  pid 4121 on gpu-7                      ensure t2v-A14B@2.2.0  62 %  3 min 20 s
      state.lock      a process that has not said who it is

      --- problems
      models.toml:12:8 path_traversal "../x" leaves its folder (remove the ..)

      --- doctor
         CHECK  RESULT  FOUND
      +  node   ok      v24
      x  locks  fail    there are no locks here

      hint: locks: put MODELS_ROOT on a local volume

      --- config
      KEY             VALUE    FROM
      models_root     /models  env MODELS_ROOT
      retry_attempts  7        wan.toml:3:1

      --- error
      error: SOURCE_UNAVAILABLE t2v-A14B@2.2.0: every source failed
        - https://a.example w.bin: NETWORK_TIMEOUT no byte for 60 s
        - s3://b/c: SOURCE_UNAVAILABLE closed (3 times)
      hint: add a source
      "
    `);
  });

  it.each(Object.entries(TEXTS))('%s loses no word on 20 columns', (_, text) => {
    const narrow = stripVTControlCharacters(text({ ...NARROW, unicode: false })).toLowerCase();
    const words = text(PLAIN_SCREEN).toLowerCase().split(/\s+/);
    for (const word of words) if (!FIRST_TITLES.includes(word)) expect(narrow).toContain(word);
  });

  it('say it where there is no model', () => {
    const none = [ensureText, statusText, verifyText].map((text) => text(PLAIN_SCREEN, []));
    expect(new Set(none)).toEqual(new Set(['the manifest defines no models']));
  });

  it('of gc says nothing of open files where nothing is to be looked at', () => {
    const nothing = { items: [], targets: [], removeBytes: 0, trashBytes: 0, keepBytes: 0, inUse: { looked: false, hiddenProcesses: 0 } };
    expect(gcText(PLAIN_SCREEN, nothing)).toBe('0 B would be freed, 0 B of models kept');
  });

  it('tell of one model that failed alone by its error only', () => {
    const failed = { ref: 'a', error: new ModelError('OFFLINE', 'not here') };
    expect(ensureText(PLAIN_SCREEN, [failed])).toBe('');
    expect(ensureText(PLAIN_SCREEN, [failed, { ...failed, ref: 'b' }])).toMatch(/x {2}a.*OFFLINE\nx {2}b.*OFFLINE/);
  });

  it('have colours and marks where the screen has', () => {
    expect(TEXTS.ensure?.(NARROW)).toContain('\x1b[32m✔\x1b[39m  t2v-A14B@2.2.0');
    expect(TEXTS.error?.(NARROW).startsWith('\x1b[31merror:\x1b[39m ')).toBe(true);
  });
});
