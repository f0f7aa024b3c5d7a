/** The parts of an OpenAPI document that the reference page shows. */

export interface SchemaView {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly items?: SchemaView;
  readonly properties?: Readonly<Record<string, SchemaView>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly SchemaView[];
  readonly oneOf?: readonly SchemaView[];
}

export interface ParameterView {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: SchemaView;
}

type Content = Readonly<Record<string, { readonly schema?: SchemaView }>>;

export interface OperationView {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly ParameterView[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface OpenApiView {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationView>>>>;
}

/** `string`, `integer[]`, `"a" | "b"`, `Model`: in one phrase. */
export function typeText(schema: SchemaView = {}): string {
  const { $ref, const: only, enum: values, anyOf, oneOf, items, type } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
  if (only !== undefined) return JSON.stringify(only);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  const either = anyOf ?? oneOf;
  if (either !== undefined) return [...new Set(either.map(typeText))].join(' | ');
  if (items !== undefined) return `${typeText(items)}[]`;
  return typeof type === 'string' ? type : (type?.join(' | ') ?? 'anything');
}
