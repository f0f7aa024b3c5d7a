/** The built command: add, remove and diff, with models of every kind of source. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GithubServer } from '../servers/github/github-server.ts';
import { literal, seeded, sha256Hex } from '../servers/http/fault-server.ts';
import { HubServer } from '../servers/hub/hub-server.ts';
import { describeS3 } from '../servers/s3/describe-s3.ts';
import { type ModelWorld, modelFixture } from '../support/model-fixture.ts';

const MANIFEST = `# Ours.
schema_version = 1   # never changes

# The only one so far.
[models."first@1.0.0"]
sources = { priority = ["local://first"] } # on the share
files = [
  { path = "a.bin", size = 5 },
]
`;
const REPO = 'sentence-org/mini-embedder';
const files = {
  'model.safetensors': seeded(200_000, 11),
  'modules.json': '[]',
  'config.json': '{"architectures": ["BertModel"]}',
  'README.md': '---\nlicense: apache-2.0\ntags:\n- x\n---\n# Mini\n',
};

async function startHub(): Promise<HubServer> {
  const hub = await HubServer.start();
  onTestFinished(() => hub.stop());
  hub.commit(REPO, files);
  return hub;
}

async function worldOf(env: Record<string, string> = {}): Promise<ModelWorld> {
  const world = await modelFixture({ models: {}, env: { WAN_HF_CACHE: 'off', ...env } });
  await writeFile(world.manifestPath, MANIFEST);
  return world;
}

const read = (world: ModelWorld, name: string): Promise<string> => readFile(join(world.directory, name), 'utf8');
const run = async (world: ModelWorld, words: readonly string[], code = 0) => {
  const ran = await world.cli(['models', ...words]);
  expect(ran.code, `${words.join(' ')}\n${ran.stdout}\n${ran.stderr}`).toBe(code);
  return ran;
};

describe('wan models add', () => {
  it('an embedding model of the Hub: licence, type and size are shown, and nothing else of the manifest changes', async () => {
    const hub = await startHub();
    const world = await worldOf({ HF_ENDPOINT: hub.url });
    const added = await run(world, ['add', `hf://${REPO}`, '--json']);
    const totalBytes = Object.values(files).reduce(
      (sum, content) => sum + (typeof content === 'string' ? content.length : content.sizeBytes),
      0,
    );
    expect(added.json().data).toMatchObject({
      id: 'mini-embedder@1.0.0',
      license: 'apache-2.0',
      type: 'sentence-similarity',
      family: 'sentence-org',
      file_count: 4,
      total_bytes: totalBytes,
      revision: hub.repo(REPO).refs.get('main'),
    });
    const manifest = await read(world, 'models.toml');
    expect(manifest.startsWith(MANIFEST)).toBe(true);
    expect(manifest.slice(MANIFEST.length)).toContain('[models."mini-embedder@1.0.0"]');
    await run(world, ['ensure', 'mini-embedder', '--frozen']);
    await run(world, ['outdated', 'mini-embedder']);
  });

  it('a part of a repository, under an id and with facts of its own', async () => {
    const hub = await startHub();
    const world = await worldOf({ HF_ENDPOINT: hub.url });
    const words = [
      'add',
      `hf://${REPO}@main`,
      '--as',
      'small@2.1.0',
      '--include',
      '*.json',
      '--type',
      'feature-extraction',
      '--license',
      'mit',
      '--json',
    ];
    const added = await run(world, words);
    expect(added.json().data).toMatchObject({ id: 'small@2.1.0', type: 'feature-extraction', license: 'mit', file_count: 2 });
    const text = (await run(world, ['show', 'small'])).stdout;
    expect(text).toContain('feature-extraction');
    expect(text).not.toContain('model.safetensors');
  });

  it('refuses an id that is there, and what would be no valid manifest, and writes nothing', async () => {
    const hub = await startHub();
    const world = await worldOf({ HF_ENDPOINT: hub.url });
    for (const [words, reason] of [
      [['--as', 'first@1.0.0'], 'model_exists'],
      [['--as', 'x@1.0.0', '--family', 'not/a/name'], 'name_invalid'],
    ] as const) {
      const refused = await run(world, ['add', `hf://${REPO}`, ...words, '--json'], 2);
      expect(refused.json().error).toMatchObject({ code: 'INVALID_INPUT', reason });
    }
    expect(await read(world, 'models.toml')).toBe(MANIFEST);
    await expect(read(world, 'models.lock')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('a folder beside the manifest, and the first model of a manifest that is not there yet', async () => {
    const world = await modelFixture({ models: {} });
    const manifestPath = join(world.directory, 'new.toml');
    await mkdir(join(world.directory, 'my lora'));
    await writeFile(join(world.directory, 'my lora', 'lora.safetensors'), 'bytes of a lora');
    const added = await run(world, ['add', './my lora', '--manifest', manifestPath, '--json']);
    expect(added.json().data).toMatchObject({ id: 'my-lora@1.0.0', source: 'local://my lora', read_bytes: 15 });
    expect(await read(world, 'new.lock')).toContain(sha256Hex(literal('bytes of a lora')));
    await run(world, ['ensure', 'my-lora', '--manifest', manifestPath, '--frozen', '--offline']);
  });

  it('where there is no manifest, begins models.toml in the working directory', async () => {
    const world = await modelFixture({ models: {}, env: { WAN_MODELS_MANIFEST: '' } });
    await rm(world.manifestPath);
    await mkdir(join(world.directory, 'lora'));
    await writeFile(join(world.directory, 'lora', 'lora.safetensors'), 'bytes of a lora');
    const missing = await run(world, ['list'], 2);
    expect(missing.stderr).toMatch(/MISSING_MANIFEST no models\.toml .*\nhint: begin one with `wan models add /);
    const added = await run(world, ['add', './lora', '--json']);
    expect(added.json().data).toMatchObject({ source: 'local://lora', manifest: world.manifestPath });
    await run(world, ['ensure', 'lora', '--frozen', '--offline']);
  });

  it.each([
    ['./no-such-folder', /there is no folder .*no-such-folder\nhint: .*hf:\/\/org\/name/],
    ['org/name', /there is no folder .*name\nhint: .*hf:\/\/org\/name$/m],
    ['models.toml', /models\.toml is a file\nhint: name its folder: wan models add \. --include models\.toml$/m],
  ])('refuses %s, which is neither a folder nor a URL, with what to write', async (operand, said) => {
    const { stderr } = await run(await worldOf(), ['add', operand], 2);
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain('\n  - ');
  });

  it('keeps the pins of a lockfile whose manifest is not there', async () => {
    const world = await worldOf();
    for (const name of ['first', 'second']) {
      await mkdir(join(world.directory, name));
      await writeFile(join(world.directory, name, 'a.bin'), name.slice(0, 5));
    }
    await run(world, ['lock']);
    await rm(world.manifestPath);
    await run(world, ['add', 'local://second', '--as', 'second@1.0.0']);
    expect((await read(world, 'models.lock')).match(/^\[.*\]$/gm)).toEqual(['[models."first@1.0.0"]', '[models."second@1.0.0"]']);
  });

  it.each(['https://host.example/a%zz.bin', 'https://host.example/a%2Fb.bin'])('refuses %s, which names no one file', async (url) => {
    const world = await worldOf();
    const { stderr } = await run(world, ['add', url, '--as', 'x@1.0.0'], 2);
    expect(stderr).toContain('INVALID_INPUT');
  });

  it('one file of a web server', async () => {
    const world = await modelFixture({ files: { 'tiny.gguf': seeded(5000, 5) }, sources: ['http'] });
    const url = `${world.server().url}/t2v-tiny@2.2.0/tiny.gguf`;
    const added = await run(world, ['add', url, '--type', 'text-generation', '--json']);
    expect(added.json().data).toMatchObject({ id: 'tiny@1.0.0', file_count: 1, total_bytes: 5000, read_bytes: 5000 });
    expect((await read(world, 'models.toml')).match(/sha256 = /g), 'the digest is pinned in the lockfile').toHaveLength(1);
    await run(world, ['ensure', 'tiny', '--frozen']);
    expect((await run(world, ['add', `${world.server().url}/`, '--as', 'y', '--json'], 2)).json().error).toMatchObject({
      reason: 'url_not_a_file',
    });
  });

  it('the latest release at GitHub is pinned by its tag', async () => {
    const github = await GithubServer.start();
    onTestFinished(() => github.stop());
    github.upload('owner/voice', 'v1.4.0', 'voice.onnx', seeded(7000, 6));
    const world = await worldOf({ GITHUB_API_URL: github.apiUrl });
    const added = await run(world, ['add', 'github://owner/voice', '--type', 'text-to-speech', '--json']);
    expect(added.json().data).toMatchObject({ id: 'voice@1.0.0', revision: 'v1.4.0', family: 'owner' });
    github.upload('owner/voice', 'v1.5.0', 'voice.onnx', seeded(8000, 7));
    await run(world, ['ensure', 'voice', '--frozen']);
    expect((await run(world, ['outdated', 'voice'], 10)).stdout).toMatch(/DRIFT[\s\S]*v1\.4\.0[\s\S]*v1\.5\.0/);
  });
});

describeS3('wan models add from S3', (server) => {
  it('lists the bucket, and pins by the checksums that it has', async () => {
    const { endpoint, region, accessKeyId, secretAccessKey } = server();
    const bucket = await server().createBucket();
    await server().put(bucket, 'models/clip/model.bin', Buffer.from('image model'));
    await server().put(bucket, 'models/clip/config.json', '{"architectures": ["ViTForImageClassification"]}');
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const world = await worldOf({ ...keys, AWS_ENDPOINT_URL: endpoint, AWS_DEFAULT_REGION: region });
    const added = await run(world, ['add', `s3://${bucket}/models/clip`, '--json']);
    expect(added.json().data).toMatchObject({ id: 'clip@1.0.0', type: 'image-classification', file_count: 2 });
    expect(await read(world, 'models.lock')).toContain(sha256Hex(literal('image model')));
    await run(world, ['ensure', 'clip', '--frozen']);
    await run(world, ['outdated', 'clip']);
    await server().put(bucket, 'models/clip/model.bin', Buffer.from('other model'));
    const drifted = await run(world, ['outdated', 'clip', '--json'], 10);
    expect(drifted.json().data).toMatchObject({ parts: [{ state: 'drift', changes: [{ path: 'model.bin' }] }] });
    await run(world, ['ensure', 'clip', '--force', '--json'], 5).then((ran) => expect(ran.json().error).toMatchObject({ code: 'DRIFT' }));
  });
});

describe('wan models remove', () => {
  it('takes the model out of both files, and leaves its files here and every other byte', async () => {
    const hub = await startHub();
    const world = await worldOf({ HF_ENDPOINT: hub.url });
    await run(world, ['add', `hf://${REPO}`, '--family', 'wan22']);
    await run(world, ['ensure', 'mini-embedder']);
    const removed = await run(world, ['remove', 'mini-embedder', '--json']);
    expect(removed.json().data).toMatchObject({
      models: [{ id: 'mini-embedder@1.0.0', entries: ['mini-embedder@1.0.0'], kept_directory: world.modelDir('mini-embedder@1.0.0') }],
    });
    expect(await read(world, 'models.toml')).toBe(MANIFEST);
    expect(await read(world, 'models.lock')).not.toContain('[models');
    await run(world, ['remove', 'first']);
    expect(await read(world, 'models.toml')).toBe('# Ours.\nschema_version = 1   # never changes\n');
  });
});

describe('a model that is partly written as dotted keys', () => {
  it('is refused by remove with what to do, and nothing changes', async () => {
    const world = await worldOf();
    const text = `schema_version = 1\n[models]\n"a@1.0.0".sources = { priority = ["local://a"] }\n[[models."a@1.0.0".files]]\npath = "a.bin"\nsize = 1\n`;
    await writeFile(world.manifestPath, text);
    const { stderr } = await run(world, ['remove', 'a@1.0.0'], 2);
    expect(stderr).toContain('take it out by hand');
    expect(await read(world, 'models.toml')).toBe(text);
  });
});

describe('wan models diff', () => {
  it('two revisions: a file that only moved moves no byte', async () => {
    const hub = await startHub();
    const old = hub.repo(REPO).refs.get('main');
    const weights = files['model.safetensors'];
    hub.commit(REPO, { 'model.safetensors': undefined, 'onnx/model.safetensors': weights, 'config.json': '{"a": 1}' });
    const world = await worldOf({ HF_ENDPOINT: hub.url });
    const ran = await run(world, ['diff', `hf://${REPO}@${old}`, `hf://${REPO}`, '--json']);
    expect(ran.json().data).toMatchObject({
      same: false,
      move_bytes: 8,
      changes: [
        { path: 'config.json', change: 'changed' },
        { path: 'model.safetensors', change: 'removed' },
        { path: 'onnx/model.safetensors', change: 'added' },
      ],
    });
  });

  it('a model with what its source has now, and two variants', async () => {
    const hub = await startHub();
    const world = await worldOf({ HF_ENDPOINT: hub.url });
    await run(world, ['add', `hf://${REPO}`]);
    expect((await run(world, ['diff', 'mini-embedder'])).stdout).toContain('no difference');
    hub.commit(REPO, { ...files, 'config.json': '{"b": 2}' });
    const ran = await run(world, ['diff', 'mini-embedder', '--json']);
    expect(ran.json().data).toMatchObject({ move_bytes: 8, changes: [{ path: 'config.json', change: 'changed' }] });
    expect((await run(world, ['diff', 'mini-embedder', `hf://${REPO}`, '--json'])).json().data).toMatchObject({ move_bytes: 8 });

    const digest = (text: string): string => sha256Hex(literal(text));
    const variants = `\n[models."pair@1.0.0"]\nsources = { priority = ["local://pair"] }\nvariants = ["a", "b"]\nfiles = [\n${['a', 'b']
      .map((name) => `  { path = "w.bin", size = 1, sha256 = "${digest(name)}", variants = ["${name}"] },`)
      .join('\n')}\n]\n`;
    await writeFile(world.manifestPath, (await read(world, 'models.toml')) + variants);
    const pair = await run(world, ['diff', 'pair', 'pair@1.0.0@b', '--json']);
    expect(pair.json().data).toMatchObject({
      changes: [{ path: 'w.bin', from: { sha256: digest('a') }, to: { sha256: digest('b') } }],
      move_bytes: 1,
    });
  });
});
