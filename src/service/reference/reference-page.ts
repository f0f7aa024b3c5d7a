/** The OpenAPI document as a page to read: made here, without a script, and with nothing from elsewhere. */
import { ERROR_CODES, type ErrorCode } from '../../domain/errors.ts';
import { stepOf } from '../over-http.ts';
import { REFUSALS } from '../refusal.ts';
import { type Html, html } from './html.ts';
import { type OpenApiView, type OperationView, type ParameterView, type SchemaView, typeText } from './openapi-view.ts';

export function referencePage({ info, tags = [], paths }: OpenApiView): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const sections = tags.map(({ name, description = '' }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    return html`<section><h2 id="${name}">${name}</h2><p>${description}</p>${own.map(operationHtml)}</section>`;
  });
  const page = html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} ${info.version}</title><link rel="stylesheet" href="/reference.css"></head><body>
<header><h1>${info.title} <small>${info.version}</small></h1>${paragraphs(info.description ?? '')}
<p><a href="/openapi.json">openapi.json</a></p>
<nav aria-label="sections">${tags.map(({ name }) => html`<a href="#${name}">${name}</a> `)}<a href="#errors">errors</a></nav></header>
<main>${sections}${errorsHtml()}</main></body></html>`;
  return `<!doctype html>\n${page.text}`;
}

interface Shown {
  readonly path: string;
  readonly method: string;
  readonly operation: OperationView;
}

function operationHtml({ path, method, operation }: Shown): Html {
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const [status = '', answer] = Object.entries(operation.responses)[0] ?? [];
  const given = Object.values(answer?.content ?? {})[0]?.schema;
  return html`<article><h3><code>${method} ${path}</code></h3><p>${operation.summary ?? ''}</p>
${parametersHtml(operation.parameters ?? [])}${fieldsHtml('Body', body)}${fieldsHtml(`Answer ${status}`, given)}</article>`;
}

const parametersHtml = (parameters: readonly ParameterView[]): Html =>
  parameters.length === 0
    ? html``
    : tableHtml(
        'Parameters',
        parameters.map(({ name, in: where, required, schema, description }) => [
          `${name}${required ? ' *' : ''}`,
          `${where}: ${typeText(schema)}`,
          description ?? schema?.description ?? '',
        ]),
      );

const fieldsHtml = (title: string, schema: SchemaView | undefined): Html =>
  schema?.properties === undefined
    ? html`${schema === undefined ? '' : html`<p>${title}: <code>${typeText(schema)}</code></p>`}`
    : html`<details><summary>${title}</summary>${tableHtml('', rowsOf(schema.properties, schema.required ?? []))}</details>`;

const rowsOf = (properties: Readonly<Record<string, SchemaView>>, required: readonly string[]) =>
  Object.entries(properties).map(([name, schema]) => [
    `${name}${required.includes(name) ? ' *' : ''}`,
    typeText(schema),
    schema.description ?? '',
  ]);

const tableHtml = (caption: string, rows: readonly (readonly string[])[]): Html =>
  html`<table>${caption === '' ? html`` : html`<caption>${caption}</caption>`}${rows.map(
    ([name = '', type = '', text = '']) =>
      html`<tr><th scope="row"><code>${name}</code></th><td><code>${type}</code></td><td>${text}</td></tr>`,
  )}</table>`;

function errorsHtml(): Html {
  const codes = Object.entries(ERROR_CODES).map(
    ([code, { httpStatus }]) =>
      html`<tr id="${code}"><th scope="row"><code>${code}</code></th><td>${httpStatus}</td><td>${stepOf(code as ErrorCode)}</td></tr>`,
  );
  const refusals = Object.entries(REFUSALS).map(
    ([reason, { code, status, hint }]) =>
      html`<tr><th scope="row"><code>${reason}</code></th><td>${status}</td><td><code>${code}</code>: ${hint}</td></tr>`,
  );
  return html`<section><h2 id="errors">errors</h2><p>A failed answer is application/problem+json (RFC 9457) with one of these codes.</p>
<table><caption>By code</caption>${codes}</table><table><caption>What the service itself refuses, by reason</caption>${refusals}</table></section>`;
}

const paragraphs = (text: string): readonly Html[] => text.split('\n\n').map((one) => html`<p>${one}</p>`);

export const REFERENCE_CSS = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav a { margin-inline-end: 1rem; }
article { border-block-start: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding-block: .5rem; }
h3 { margin-block: .5rem; font-size: 1rem; }
table { border-collapse: collapse; width: 100%; margin-block: .5rem; font-size: .9rem; }
caption { text-align: start; font-weight: 600; }
th, td { text-align: start; vertical-align: top; padding: .2rem .6rem .2rem 0; overflow-wrap: anywhere; }
th { font-weight: 400; min-width: 10rem; }
tr:target { background: color-mix(in srgb, Highlight 30%, transparent); }
`;
