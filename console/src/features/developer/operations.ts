// What can be asked, out of the API's document. Pure.

interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  oneOf?: Schema[];
  example?: unknown;
}

export interface Document {
  paths: Record<string, Record<string, { summary?: string; parameters?: { name: string; in: string; required?: boolean }[]; requestBody?: { content: Record<string, { schema?: Schema }> } }>>;
  components?: { schemas?: Record<string, Schema> };
}

export interface Operation {
  /** `GET /api/v2/streams`. */
  id: string;
  method: string;
  path: string;
  summary: string;
  parameters: { name: string; required: boolean; where: 'path' | 'query' }[];
  schema?: Schema;
  bodyType?: string;
}

/** Those that answer once; events go on for ever. */
export function operations(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(() => !path.endsWith('/events'))
      .map(([method, operation]) => {
        const [bodyType, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
        return {
          id: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path,
          summary: operation.summary ?? '',
          parameters: (operation.parameters ?? [])
            .filter((parameter) => parameter.in === 'path' || parameter.in === 'query')
            .map(({ name, required, in: where }) => ({ name, required: required ?? false, where: where as 'path' | 'query' })),
          schema: body?.schema,
          bodyType,
        };
      }),
  );
}

/** What a body may look like: its required fields, empty. */
export function example(document: Document, schema: Schema, depth = 0): unknown {
  if (depth > 6) return null;
  if (schema.$ref) {
    const named = document.components?.schemas?.[schema.$ref.split('/').pop() ?? ''];
    return named ? example(document, named, depth + 1) : null;
  }
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  if (schema.oneOf) return example(document, schema.oneOf.find((one) => one.type !== 'null') ?? {}, depth + 1);
  if (schema.properties) {
    return Object.fromEntries((schema.required ?? []).map((name) => [name, example(document, schema.properties?.[name] ?? {}, depth + 1)]));
  }
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'array':
      return schema.items ? [example(document, schema.items, depth + 1)] : [];
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'object':
      return {};
    default:
      return '';
  }
}
