/** The OpenAPI document, made from the schemas that requests are judged by. */
import swagger from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ServiceApp } from './service-context.ts';

const DESCRIPTION = [
  'The models of one MODELS_ROOT over HTTP: what there is, whether it is whole, and where its bytes would come from.',
  'Every route is there under `/v1` and, for older callers, without it and under `/api` and `/api/v1`; a slash at its end changes nothing.',
  'Answers are snake_case JSON; a failed one is `application/problem+json` with a `code` of docs/errors.md.',
].join('\n\n');

export async function addOpenApi(app: ServiceApp, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'wan-models', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
      servers: [{ url: '/' }],
      tags: TAGS.map(([name, description]) => ({ name, description })),
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'made by `wan auth token create`' } } },
      security: [{ token: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

const TAGS = [
  ['models', 'What the manifest defines, and what of it is here'],
  ['health', 'Whether all is well; nothing is changed by asking'],
  ['uploads', 'Bringing models here that no manifest has'],
  ['jobs', 'Work that waits and runs by itself'],
  ['store', 'Space, and what keeps models from being removed'],
  ['webhooks', 'Who is told over HTTP of what happens'],
  ['service', 'The service itself'],
] as const;
