/**
 * From a name in the manifest to frames, steered from TypeScript: model, load plan and text embeddings here, diffusers in a Python worker.
 *
 *     node examples/diffusers/generate.ts t2v-A14B-mini@2.2.0 --prompt "a cat walks on the sea" --out frames
 *
 * A second clip with the same prompt takes the embedding from the cache: the worker that would load the text encoder is not started.
 * In a project of your own, import from 'wan-models'.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { type EmbeddingTensor, embeddingCache, type LoadPlan, loadPlan, ModelEnsurer } from '../../src/index.ts';

const PYTHON = process.env.WAN_PYTHON ?? 'python3';
const WORKER = join(import.meta.dirname, 'worker.py');
const MAX_TEXT_TOKENS = 512;
const DTYPES = { fp32: 'F32', bf16: 'BF16', fp16: 'F16' } as const;
type Dtype = keyof typeof DTYPES;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prompt: { type: 'string' },
    image: { type: 'string' },
    out: { type: 'string', default: 'frames' },
    frames: { type: 'string' },
  },
});
const [model = ''] = positionals;
const { prompt = '', out, frames } = values;
const image = values.image === undefined ? null : resolve(values.image);

const folder = await mkdtemp(join(tmpdir(), 'wan-example-'));
try {
  const orchestrator = await ModelEnsurer.fromConfig();
  await using _held = await orchestrator.lease(model, { command: 'examples/diffusers' });
  const request = { prompt, image: image !== null, ...(frames !== undefined && { frames: Number(frames) }) };
  const plan = await loadPlan(model, { request });
  const embeds = await embeddingFile(plan, prompt, 'prompt');
  const negative = await embeddingFile(plan, '', 'negative');
  await work({ do: 'render', plan: planWire(plan), embeds, negative, image, out: resolve(out) });
  await orchestrator.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** From the cache; else computed by a worker, once for all who want the same. */
async function embeddingFile(plan: LoadPlan, words: string, name: string) {
  const dtype = plan.components.find((one) => one.name === 'text_encoder')?.dtype as Dtype;
  const cache = await embeddingCache();
  let isComputed = false;
  const key = { prompt: words, encoder: plan.textEncoderDigest ?? '', maxLength: MAX_TEXT_TOKENS, dtype: DTYPES[dtype] };
  const { prompt_embeds: tensor } = await cache.getOrCompute(key, async (cleaned) => {
    isComputed = true;
    return { prompt_embeds: await encode(plan, cleaned, dtype) };
  });
  if (tensor === undefined) throw new Error('an entry of the cache has no prompt_embeds');
  if (!isComputed) say(`text embedding: '${words}' from the cache, the text encoder is not loaded`);
  const path = join(folder, name);
  await writeFile(path, tensor.bytes);
  return { path, dtype, shape: tensor.shape };
}

async function encode(plan: LoadPlan, words: string, dtype: Dtype): Promise<EmbeddingTensor> {
  const path = join(folder, 'encoded');
  const { shape } = JSON.parse(await work({ do: 'encode', plan: planWire(plan), prompt: words, out: path })) as { shape: number[] };
  return { dtype: DTYPES[dtype], shape, bytes: await readFile(path) };
}

/** Standard output of a worker; what it tells people goes on to ours. */
async function work(job: object): Promise<string> {
  const child = spawn(PYTHON, [WORKER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
  child.stdin.end(JSON.stringify(job));
  const [output, status] = await Promise.all([text(child.stdout), ended]);
  if (status !== 0) throw new Error(`${PYTHON} ${WORKER} ended with status ${status}`);
  return output;
}

/** As loader.py reads it: the words of `wan models load-plan --json`. */
function planWire({ path, pipelineClass, components, request, overlays, vae, strategy }: LoadPlan) {
  return {
    path,
    pipeline_class: pipelineClass,
    components: components.map(({ name, path: place, className, dtype }) => ({ name, path: place, class: className, dtype })),
    request: { ...request, guidance_scale: request.guidanceScale, guidance_scale_2: request.guidanceScale2 ?? null },
    overlays: overlays.map(({ name, files }) => ({
      name,
      files: files.map((file) => ({ path: join(path, ...file.path.split('/')), applies_to: file.appliesTo, weight: file.weight })),
    })),
    vae: { tiled: vae.tiled, tile_size: vae.tileSize, tile_stride: vae.tileStride },
    ...(strategy && { strategy: { offload: strategy.offload } }),
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
