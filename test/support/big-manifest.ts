import { createHash } from 'node:crypto';

/** A valid manifest of many models, 20 files each: 10,000 of them make 43 MB. */
export function bigManifest(modelCount: number): string {
  return ['schema_version = 1\n', ...Array.from({ length: modelCount }, (_, index) => bigModel(index))].join('\n');
}

function bigModel(number: number): string {
  const id = `"model-${number}@1.0.0"`;
  const files = Array.from({ length: 20 }, (_, index) => bigFile(id, number, index));
  return `[models.${id}]
description = "Model number ${number}"
variants = ["fp16", "bf16"]
tags = ["bench"]
sources = { priority = ["local://wan22/model-${number}", "hf://org/model-${number}"], allow_patterns = ["*.safetensors", "*.json"] }

${files.join('\n')}`;
}

function bigFile(id: string, model: number, index: number): string {
  return `[[models.${id}.files]]
path = "transformer/diffusion_pytorch_model-${String(index + 1).padStart(5, '0')}-of-00020.safetensors"
size = ${1_000_000 + model * 20 + index}
sha256 = "${createHash('sha256').update(`${model}/${index}`).digest('hex')}"
`;
}
