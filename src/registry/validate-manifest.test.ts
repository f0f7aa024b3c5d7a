import { execFileSync } from 'node:child_process';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { formatProblem, type ManifestProblem, type ProblemCode } from './manifest-problem.ts';
import { validateManifest } from './validate-manifest.ts';

const DIGEST = '691a47e123c3dd41f134836fd9a00e744110c6a812a11b3d95ca70e9485ffe11';
const HEAD = 'schema_version = 1\n[models."m@1.0.0"]\nsources = { priority = ["hf://org/m"] }\n';

const validate = async (content: string | Buffer): Promise<readonly ManifestProblem[]> => {
  const path = join(await tempDir(), 'models.toml');
  await writeFile(path, content);
  return validateManifest(path);
};
const brief = ({ line, column, code }: ManifestProblem) => `${line}:${column} ${code}`;
const problemsOf = async (content: string | Buffer) => (await validate(content)).map(brief);
/** Line 4 is the first of what is put into the model. */
const inModel = (text: string) => problemsOf(HEAD + text);
const fileOf = (text: string) => inModel(`[[models."m@1.0.0".files]]\n${text}`);
const filesOf = (...paths: string[]) =>
  inModel(paths.map((path) => `[[models."m@1.0.0".files]]\npath = ${JSON.stringify(path)}\nsize = 1\n`).join(''));

describe('a valid manifest', () => {
  it('has no problems', async () => expect(await fileOf(`path = "a.json"\nsize = 1\nsha256 = "${DIGEST}"\n`)).toEqual([]));

  it('may begin with a byte order mark and end its lines with CRLF', async () => {
    expect(await problemsOf(`\ufeff${HEAD}`.replaceAll('\n', '\r\n'))).toEqual([]);
  });

  it('may write digests in upper case or with a prefix', async () => {
    expect(await fileOf(`path = "a"\nsize = 1\nsha256 = "sha256:${DIGEST.toUpperCase()}"\n`)).toEqual([]);
  });

  it('may hold empty files, with the digest of nothing', async () => {
    expect(await fileOf('path = "a"\nsize = 0\nsha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"\n')).toEqual([]);
  });

  it('may give one path to several variants, each with its own file', async () => {
    const files = ['a', 'b'].map((variant) => `[[models."m@1.0.0".files]]\npath = "w"\nsize = 1\nvariants = ["${variant}"]\n`).join('');
    expect(await problemsOf(`${HEAD}variants = ["a", "b"]\n${files}`)).toEqual([]);
    expect(await problemsOf(`${HEAD}variants = ["a", "b"]\n${files.replace('"b"', '"a"')}`)).toEqual(['10:8 path_duplicate']);
  });

  it('may hold merge markers inside a text', async () => {
    expect(await inModel('description = """\n<<<<<<< HEAD\n=======\n"""\n')).toEqual([]);
  });

  it('may leave the file list open', async () => expect(await problemsOf(HEAD)).toEqual([]));
});

describe('the file itself', () => {
  it('is missed by name', async () => {
    const path = join(await tempDir(), 'none', 'models.toml');
    await expect(validateManifest(path)).rejects.toMatchObject({ code: 'MISSING_MANIFEST', details: { manifest_path: path } });
  });

  it('must not be a folder or a pipe', async () => {
    const folder = await tempDir();
    await mkdir(join(folder, 'a'));
    expect((await validateManifest(join(folder, 'a'))).map(brief)).toEqual(['1:1 not_a_file']);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect((await validateManifest(join(folder, 'pipe'))).map(brief)).toEqual(['1:1 not_a_file']);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('must be readable', async () => {
    const path = join(await tempDir(), 'models.toml');
    await writeFile(path, HEAD);
    await chmod(path, 0);
    await expect(validateManifest(path)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('is refused at once when it is 200 MB of noise', async () => {
    const path = join(await tempDir(), 'models.toml');
    const handle = await open(path, 'w');
    await handle.truncate(200 * 2 ** 20);
    await handle.close();
    const started = performance.now();
    expect((await validateManifest(path)).map(brief)).toEqual(['1:1 manifest_too_large']);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each([
    ['one endless line', `a = "${'x'.repeat(2 ** 20)}"`],
    ['very many values', `a = [${'{},{},\n'.repeat(1_100_000)}]`],
    ['very deep keys', Array.from({ length: 80 }, (_, index) => `k${index}.${'a.'.repeat(50_000)}b = 1`).join('\n')],
    ['very many lines', '\n'.repeat(2_100_000)],
  ])('is refused when it is %s', async (_, text) => {
    expect((await validate(text))[0]?.code).toBe('manifest_too_large');
  });

  it.each([
    ['nothing', ''],
    ['a byte order mark', '\ufeff'],
    ['white space and comments', '\n\n  # nothing here\r\n\t\n'],
  ])('must hold more than %s', async (_, text) => expect(await problemsOf(text)).toEqual(['1:1 manifest_empty']));

  it('must be UTF-8, and says where it is not', async () => {
    expect(await problemsOf(Buffer.from(`\ufeff${HEAD}`, 'utf16le'))).toEqual(['1:1 encoding']);
    expect(await problemsOf(Buffer.from(HEAD, 'utf16le'))).toEqual(['1:1 encoding']);
    expect(await problemsOf(Buffer.from(`\ufeff${HEAD}`, 'utf16le').swap16())).toEqual(['1:1 encoding']);
    expect(await problemsOf(Buffer.concat([Buffer.from(`${HEAD}# caf`), Buffer.from([0xe9, 10]), Buffer.from([0xff])]))).toEqual([
      '4:6 encoding',
      '5:1 encoding',
    ]);
  });
});

describe('the syntax', () => {
  it('is told with its line and column', async () => {
    expect(await problemsOf('schema_version = 1\nname = \n')).toEqual(['2:8 toml_syntax']);
    expect(await problemsOf('{"schema_version": 1}')).toEqual(['1:1 toml_syntax']);
    expect(await problemsOf('a\0b = 1')).toEqual(['1:1 toml_syntax']);
  });

  it('does not hide the problems behind it', async () => {
    expect(await fileOf('path = nonsense\nsize = -1\n[models."m@1.0.0".defaults]\nfps = "24\nframes = 1.5\n')).toEqual([
      '5:8 toml_syntax',
      '6:8 size_negative',
      '8:10 toml_syntax',
      '9:10 wrong_type',
    ]);
  });

  it('is not blamed for a merge conflict', async () => {
    const text = `${HEAD}<<<<<<< HEAD\nlicense = "MIT"\n||||||| base\n=======\nlicense = "Apache-2.0"\n>>>>>>> theirs\n`;
    expect(await problemsOf(text)).toEqual(['4:1 merge_conflict', '6:1 merge_conflict', '7:1 merge_conflict', '9:1 merge_conflict']);
  });

  it('has no keys twice, and says where the first one is', async () => {
    expect(await inModel('license = "a"\nlicense = "b"\n')).toEqual(['5:1 duplicate_key']);
    const [problem] = await validate(`${HEAD}\n[models.'m@1.0.0']\nlicense = "b"\n`);
    expect(problem).toMatchObject({ line: 5, code: 'duplicate_id', message: '"m@1.0.0" is already defined, first on line 2' });
  });

  it('nests only so deep', async () => {
    expect(await problemsOf(`a = ${'['.repeat(1000)}${']'.repeat(1000)}`)).toEqual([expect.stringContaining('toml_syntax')]);
    expect((await validate(`${HEAD}${'a.'.repeat(10_000)}b = 1`)).map(({ code }) => code)).toEqual(['unknown_key']);
  });

  it('keeps its hands off prototypes', async () => {
    for (const key of ['__proto__', 'constructor']) expect(await problemsOf(`${HEAD}[${key}]\npolluted = 1`)).toEqual(['4:2 toml_syntax']);
    expect(await problemsOf('schema_version = 1\n[models.toString]\n')).toContain('2:1 id_invalid');
  });
});

describe('schema_version', () => {
  it.each(['0', '2', '99999999999999999999'])('refuses version %s', async (version) => {
    expect(await problemsOf(`schema_version = ${version}\nfuture = true\n`)).toEqual(['1:18 schema_version_mismatch']);
  });

  it('must be there, and a whole number', async () => {
    expect(await problemsOf('models = {}')).toEqual(['1:1 missing_key']);
    expect(await problemsOf('schema_version = 1.0')).toEqual(['1:18 invalid_value']);
    expect(await problemsOf('schema_version = "1"')).toEqual(['1:18 invalid_value']);
  });
});

describe('keys', () => {
  it('that do not exist are named with the nearest that does', async () => {
    const problems = await validate(
      `${HEAD}varaints = ["a"]\n[[models."m@1.0.0".files]]\npath = "a"\nsize = 1\nsha265 = "x"\n[models."m@1.0.0".mystery]\n`,
    );
    expect(problems.map((problem) => `${brief(problem)} ${problem.hint}`)).toEqual([
      '4:1 unknown_key did you mean variants?',
      '8:1 unknown_key did you mean sha256?',
      expect.stringMatching(/^9:1 unknown_key known here: description, version, family, /),
    ]);
  });

  it('that are required are missed where they belong', async () => {
    const [problem] = await validate(`${HEAD}[[models."m@1.0.0".files]]\nsize = 1\n`);
    expect(problem).toMatchObject({ line: 4, column: 1, code: 'missing_key', message: 'files[0] has no "path"' });
  });

  it('must have values of their type', async () => {
    expect(await inModel('variants = "fp16"\nlora_required = 1\ntags = ["a", 2]\nlicense = 2026-11-22\n')).toEqual([
      '4:12 wrong_type',
      '5:17 wrong_type',
      '6:14 wrong_type',
      '7:11 wrong_type',
    ]);
    expect(await inModel('vram_estimation = { family_size = "hugee" }\n')).toEqual(['4:35 invalid_value']);
    expect(await problemsOf('schema_version = 1\nmodels = 3')).toEqual(['2:10 wrong_type']);
    expect(await problemsOf('schema_version = 1\n[models]\n"m@1.0.0" = 3')).toEqual(['3:13 wrong_type']);
  });

  it('in defaults may be others, but not dates or tables', async () => {
    expect(await inModel('defaults = { fps = 24, temperature = 0.7, stop = ["a"], seed = 1 }')).toEqual([]);
    expect(await inModel('defaults = { a = { b = 1 }, c = 2026-11-22 }')).toEqual(['4:18 wrong_type', '4:33 wrong_type']);
  });
});

const PATHS: readonly (readonly [ProblemCode, string])[] = [
  ['path_empty', '""'],
  ['path_traversal', '"../x"'],
  ['path_traversal', '"a/../../x"'],
  ['path_traversal', String.raw`"..\\x"`],
  ['path_absolute', '"/abs"'],
  ['path_drive', String.raw`'C:\x'`],
  ['path_drive', '"C:x"'],
  ['path_unc', String.raw`'\\server\share\x'`],
  ['path_nul', String.raw`"a\u0000b"`],
  ['path_control', String.raw`"a\u0007b"`],
  ['path_control', String.raw`"model\u202Egpj.exe"`],
  ['path_backslash', String.raw`'a\b'`],
  ['path_empty_segment', '"a//b"'],
  ['path_dot_segment', '"a/./b"'],
  ['path_trailing', '"a."'],
  ['path_trailing', '"a /b"'],
  ['path_reserved', '"CON"'],
  ['path_reserved', '"x/aux.txt"'],
  ['path_reserved', '".verified.json"'],
  ['path_character', '"what?"'],
  ['path_too_long', `"${'x'.repeat(256)}"`],
  ['path_too_long', `"${'a/'.repeat(2000)}b"`],
  ['path_too_long', `"${'a/'.repeat(40)}b"`],
];

describe('paths', () => {
  it.each(PATHS)('%s: %s', async (code, path) =>
    expect(await fileOf(`path = ${path.slice(0, 5000)}\nsize = 1\n`)).toEqual([`5:8 ${code}`]),
  );

  it('may hold Unicode', async () => expect(await filesOf('モデル/重み.bin', 'emoji 🎬.txt')).toEqual([]));

  it('must differ in more than case or composition', async () => {
    expect(await filesOf('a/b', 'a/b')).toEqual(['8:8 path_duplicate']);
    expect(await filesOf('Config.json', 'config.JSON')).toEqual(['8:8 path_collision_case']);
    expect(await filesOf('Unet/a', 'unet/b')).toEqual(['8:8 path_collision_case']);
    expect(await filesOf('caf\u00e9', 'cafe\u0301')).toEqual(['8:8 path_collision_unicode']);
  });

  it('must not be a file and a folder', async () => {
    expect(await filesOf('a', 'a/b')).toEqual(['8:8 path_file_and_directory']);
    expect(await filesOf('x/a/b', 'X/A')).toEqual(['8:8 path_collision_case', '8:8 path_file_and_directory']);
  });

  it('name the line that they collide with', async () => {
    const [problem] = await validate(`${HEAD}files = [\n  { path = "a", size = 1 },\n  { path = "A", size = 1 },\n]`);
    expect(problem).toMatchObject({ line: 6, column: 12, message: '"A" and "a" differ only by case, as on line 5' });
  });
});

describe('sizes', () => {
  it.each([
    ['-1', 'size_negative'],
    ['1.0', 'size_not_integer'],
    ['1e3', 'size_not_integer'],
    ['"12"', 'size_not_integer'],
    ['nan', 'size_not_integer'],
    ['9007199254740992', 'size_too_large'],
    ['99999999999999999999999999', 'size_too_large'],
  ])('%s is %s', async (size, code) => expect(await fileOf(`path = "a"\nsize = ${size}\n`)).toEqual([`6:8 ${code}`]));

  it('go up to 2^53 - 1', async () => expect(await fileOf('path = "a"\nsize = 9_007_199_254_740_991\n')).toEqual([]));
});

describe('digests', () => {
  it.each([
    ['"abc123"', 'digest_invalid'],
    [`"${DIGEST}0"`, 'digest_invalid'],
    [`"${DIGEST.replace('6', 'g')}"`, 'digest_invalid'],
    ['12', 'digest_invalid'],
    [`"${'0'.repeat(64)}"`, 'digest_placeholder'],
    ['"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"', 'digest_placeholder'],
    ['"a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3"', 'digest_placeholder'],
    ['"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"', 'digest_placeholder'],
  ])('%s is %s', async (digest, code) => expect(await fileOf(`path = "a"\nsize = 7\nsha256 = ${digest}\n`)).toEqual([`7:10 ${code}`]));

  it('of an empty file must be that of nothing', async () => {
    expect(await fileOf(`path = "a"\nsize = 0\nsha256 = "${DIGEST}"\n`)).toEqual(['7:10 digest_size_zero']);
  });
});

describe('sources', () => {
  const sources = (...urls: string[]) =>
    problemsOf(`schema_version = 1\n[models."m@1.0.0"]\nsources = { priority = [${urls.map((url) => JSON.stringify(url))}] }`);

  it('of every known kind are accepted', async () => {
    const good = [
      'local://a/b@1',
      'local:///abs',
      'file:///x',
      'http://h/x',
      'https://h:1/x',
      's3://b/p',
      'hf://org/repo@rev',
      'github://o/r@v1',
      'github://o/r.x_y',
      'github://o/r@nightly/2026-11-23',
      'peer://h',
    ];
    expect(await sources(...good)).toEqual([]);
  });

  it.each([
    ['ftp://h/x', 'unknown_scheme'],
    ['HF://org/x', 'unknown_scheme'],
    ['org/x', 'url_invalid'],
    ['http://', 'url_invalid'],
    ['https://h:99999/', 'url_invalid'],
    ['s3://', 'url_invalid'],
    ['github://o', 'url_invalid'],
    ['github://o/r/v1', 'url_invalid'],
    ['github://o/r@', 'url_invalid'],
    ['https://user:secret@h/x', 'url_credentials'],
    ['hf://hf_token@org/x', 'url_credentials'],
    ['https://h/x?token=secret', 'url_credentials'],
    ['https://h/x?X-Amz-Signature=secret', 'url_credentials'],
  ])('%s is %s', async (url, code) => expect(await sources(url)).toEqual([`3:25 ${code}`]));

  it('never have their secrets repeated', async () => {
    const problems = await validate(
      `${HEAD}[models."m@1.0.0".variant.x.sources]\npriority = ["https://u:hunter2@h/x?token=hunter2", "ftp://u:hunter2@h/?x=hunter2"]`,
    );
    expect(problems.map(formatProblem).join('\n')).not.toContain('hunter2');
  });

  it('must be there', async () => {
    expect(await problemsOf('schema_version = 1\n[models."m@1.0.0"]\n')).toEqual(['2:1 no_sources']);
    expect(await problemsOf('schema_version = 1\n[models."m@1.0.0"]\nsources = { priority = [] }')).toEqual(['3:24 invalid_value']);
    expect(
      await problemsOf('schema_version = 1\n[models."m@1.0.0"]\nfiles = [{ path = "a", size = 1, url = "https://h/a?sig=x" }]'),
    ).toEqual([]);
  });
});

describe('names', () => {
  it('of models are name@version, once', async () => {
    const model = (id: string) => `[models.${JSON.stringify(id)}]\nsources = { priority = ["hf://o/r"] }\n`;
    const ids = ['a', 'a@1', 'a@1.0.0@fp16', '-a@1.0.0', 'a b@1.0.0', 'a@1.0.0-rc.'];
    const bad = await problemsOf(`schema_version = 1\n${ids.map(model).join('')}`);
    expect(bad).toEqual(ids.map((_, index) => `${2 + index * 2}:1 id_invalid`));
    expect(await problemsOf(`schema_version = 1\n${model('M@1.0.0')}${model('m@1.0.0')}`)).toEqual(['4:1 duplicate_id']);
    expect(await inModel('version = "1.0.1"')).toEqual(['4:11 version_mismatch']);
  });

  it('of families and variants are folder names', async () => {
    expect(await inModel('family = "../x"')).toEqual(['4:10 name_invalid']);
    expect(await inModel('family = "Components"')).toEqual(['4:10 name_invalid']);
    expect(await inModel('family = "nul"')).toEqual(['4:10 name_invalid']);
    expect(await inModel('variants = ["a/b", "fp16.", "fp16", "FP16"]')).toEqual([
      '4:13 name_invalid',
      '4:20 name_invalid',
      '4:37 duplicate_name',
    ]);
  });

  it('of variants must exist wherever they are used', async () => {
    const text =
      'variants = ["fp32", "bf16"]\ndefault_variant = "fp23"\nenvironments = { production = "fp64" }\nfiles = [{ path = "a", size = 1, variants = ["int8"] }]\n[models."m@1.0.0".variant.bf61]\nderive_from = "nope"\ndtype = "bf16"\n';
    expect(await inModel(text)).toEqual([
      '5:19 unknown_variant',
      '6:31 unknown_variant',
      '7:46 unknown_variant',
      '8:1 unknown_variant',
      '9:15 unknown_variant',
    ]);
  });

  it('of derived variants lead somewhere else', async () => {
    expect(await inModel('variants = ["a"]\nvariant = { a = { derive_from = "a" } }')).toEqual([
      '5:33 derivation_invalid',
      '5:33 derivation_invalid',
    ]);
    const chain =
      'variants = ["a", "b", "c"]\nvariant = { b = { derive_from = "a", dtype = "bf16" }, c = { derive_from = "b", dtype = "int8" } }';
    expect(await inModel(chain)).toEqual(['5:76 derivation_invalid', '5:89 derivation_invalid']);
  });

  it('of components may be older ones, and are forbidden or there', async () => {
    const files = 'files = [{ path = "a", size = 1, component = "transformer" }]\nrequired_components = ["unet"]\n';
    expect(await inModel(files)).toEqual([]);
    expect(await inModel(`${files}pipeline = { forbidden_components = ["image_encoder", "transformer"] }\n`)).toEqual([
      '6:55 component_conflict',
    ]);
  });

  it('of components are checked for slips, lists against each other', async () => {
    const files = 'files = [{ path = "a", size = 1, component = "text_encoder" }]\n';
    expect(await inModel(`${files}optional_components = ["text_encoder", "lora"]`)).toEqual([]);
    expect(await inModel(`${files}required_components = ["text_enocder"]`)).toEqual(['5:24 unknown_component']);
    expect(await inModel(`${files}required_components = ["vae"]\noptional_components = ["vae"]`)).toEqual(['6:24 component_conflict']);
  });
});

describe('mounts', () => {
  const component = '[components."c@1.0.0"]\nfiles = [{ path = "config.json", size = 1 }]\n';

  it('must name a component and a safe folder', async () => {
    expect(await inModel('mounts = { te = "c@1.0.1" }')).toEqual(['4:17 unknown_component']);
    expect(await inModel(`mounts = { te = { component = "c@1.0.0", path = "../x" } }\n${component}`)).toEqual(['4:17 path_traversal']);
    expect(await inModel(`mounts = { te = { component = "c@1.0.0", pth = "x" } }\n${component}`)).toEqual(['4:42 unknown_key']);
  });

  it("must not land on the model's own files", async () => {
    const files = 'files = [{ path = "te/config.json", size = 1 }, { path = "config.json", size = 1 }]\n';
    expect(await inModel(`${files}mounts = { te = "c@1.0.0" }\n${component}`)).toEqual(['5:17 path_duplicate']);
    expect(await inModel(`${files}mounts = { x = { component = "c@1.0.0", path = "." } }\n${component}`)).toEqual(['5:16 path_duplicate']);
  });
});

describe('overlays', () => {
  const overlay = (text: string, base = '') =>
    inModel(`files = [{ path = "a", size = 1, component = "transformer" }, { path = "b", size = 1, component = "transformer_2" }]
${base}
[models."m@1.0.0".overlays.lightning]
${text}
`);

  it('may be bound to the components of their base, by an older name, too, where that is one', async () => {
    const pair = ['transformer', 'transformer_2'].map(
      (name) => `{ path = "${name}.lora", size = 1, applies_to = "${name}", weight = 0.5 }`,
    );
    expect(await overlay(`files = [${pair}]\nbase_family = "m"\nweight = 1\ndefaults = { steps = 4 }`)).toEqual([]);
  });

  it('must be bound to what exists, and to one thing', async () => {
    expect(await overlay('files = [{ path = "x", size = 1, applies_to = "transformr" }]')).toEqual(['7:47 unknown_component']);
    expect(await overlay('files = [{ path = "x", size = 1, applies_to = "unet" }]')).toEqual(['7:47 unknown_component']);
  });

  it('must be made for the base family of their model', async () => {
    expect(await overlay('base_family = "n"')).toEqual(['7:15 overlay_base']);
    expect(await overlay('base_family = "m"', 'base_family = "n"')).toEqual(['7:15 overlay_base']);
    expect(await overlay('base_family = "n"', 'base_family = "n"')).toEqual([]);
  });

  it("must not put their files over the model's, nor over the record of the view", async () => {
    expect(await overlay('files = [{ path = "a", size = 1 }]')).toEqual(['7:19 path_duplicate']);
    expect(await overlay('files = [{ path = "A/x", size = 1 }]')).toEqual(['7:19 path_file_and_directory']);
    expect(await overlay('files = [{ path = "overlays.json", size = 1 }]')).toEqual(['7:19 path_duplicate']);
  });
});

describe('all problems', () => {
  it('are told at once, in the order of the file', async () => {
    const problems = await validate(
      `colour = 1\n${HEAD}variants = []\n[[models."m@1.0.0".files]]\npath = "../x"\nsize = -1\nsha256 = "1"\n`,
    );
    expect(problems.map(brief)).toEqual([
      '1:1 unknown_key',
      '5:12 invalid_value',
      '7:8 path_traversal',
      '8:8 size_negative',
      '9:10 digest_invalid',
    ]);
    expect(formatProblem(problems[2] as ManifestProblem)).toMatch(
      /models\.toml:7:8 path_traversal the path "\.\.\/x" leads out of its folder/,
    );
  });

  it('are bounded where there are very many', async () => {
    const problems = await validate(`${HEAD}${Array.from({ length: 3000 }, (_, index) => `k${index} = 1\n`).join('')}`);
    expect(problems).toHaveLength(1001);
    expect(problems.at(-1)).toMatchObject({ code: 'more_problems', message: 'only the first 1000 problems are listed' });
  });
});
