import { describe, expect, it } from 'vitest';
import { readModelCard } from './model-card.ts';

const paths: readonly string[] = [];

describe('readModelCard', () => {
  it('takes licence and type from the front matter', () => {
    const readme = '---\nlicense: apache-2.0\npipeline_tag: "text-to-video" # Wan\ntags:\n- video\n---\n# Title\nlicense: mit\n';
    expect(readModelCard({ readme, paths })).toEqual({ license: 'apache-2.0', type: 'text-to-video' });
  });

  it('takes the name of a licence that is no usual one', () => {
    const readme = '---\r\nlicense: other\r\nlicense_name: flux-1-dev-non-commercial-license\r\n---\r\n';
    expect(readModelCard({ readme, paths })).toEqual({ license: 'flux-1-dev-non-commercial-license' });
  });

  it.each([
    ['{"architectures": ["LlamaForCausalLM"]}', 'text-generation'],
    ['{"architectures": ["WhisperForConditionalGeneration"]}', 'automatic-speech-recognition'],
    ['{"architectures": ["ViTForImageClassification"]}', 'image-classification'],
    ['{"architectures": ["Unknown"]}', undefined],
    ['{"architectures": [1]}', undefined],
    ['[not json', undefined],
    ['null', undefined],
  ])('else the type from the class in config.json: %j', (config, type) => {
    expect(readModelCard({ config, paths }).type).toBe(type);
  });

  it('knows pipelines and sentence encoders by their files', () => {
    expect(readModelCard({ modelIndex: '{"_class_name": "WanImageToVideoPipeline"}', paths }).type).toBe('image-to-video');
    expect(readModelCard({ paths: ['modules.json', 'model.safetensors'] }).type).toBe('sentence-similarity');
  });

  it('takes nothing that is no plain name', () => {
    for (const value of ['\u001b[31mred', 'a'.repeat(200), '{{x}}', ''])
      expect(readModelCard({ readme: `---\nlicense: ${value}\n---\n`, paths })).toEqual({});
  });
});
