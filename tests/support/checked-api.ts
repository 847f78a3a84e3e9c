import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/*
 * Answers of the HTTP API held to docs/openapi.json. A path, a method, a status, a type of content, a header or a body
 * that the document does not know is a failure of the test that met it.
 */

type Header = { readonly required?: boolean };
type Answer = {
  readonly headers?: Readonly<Record<string, Header | { readonly $ref: string }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
};
type Operation = { readonly responses: Readonly<Record<string, Answer | { readonly $ref: string }>> };
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, Answer>>;
    readonly headers: Readonly<Record<string, Header>>;
  };
};

const documentName = 'openapi.json';
const document: Document = JSON.parse(
  readFileSync(fileURLToPath(new URL(`../../docs/${documentName}`, import.meta.url)), 'utf8'),
);

/** `strict` is off for what only OpenAPI knows (`discriminator`, `readOnly`). */
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, documentName);
const compiled = new Map<string, ValidateFunction>();

/** As `fetch`, but for the check; the answer can be read by the caller as if nobody had. `apiUrl` ends in `/api`. */
export function checkedFetch(apiUrl: string): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init) => {
    const response = await fetch(url, init);
    const body = Buffer.from(await response.arrayBuffer());
    const { pathname } = new URL(url);
    checkAnswer({
      method: init?.method ?? 'GET',
      path: pathname.slice(new URL(apiUrl).pathname.length),
      status: response.status,
      headers: response.headers,
      body,
    });
    const hasBody = ![204, 304].includes(response.status);
    return new Response(hasBody ? body : null, { status: response.status, headers: response.headers });
  };
}

export type MetAnswer = {
  readonly method: string;
  /** Below `/api`, with a slash before it. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
};

/** @throws Error that says what the document does not know */
export function checkAnswer(met: MetAnswer): void {
  const where = `${met.method} ${met.path} answered ${met.status}`;
  for (const [name, value] of [
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
  ] as const) {
    if (met.headers.get(name) !== value && !met.path.startsWith('/docs'))
      throw new Error(`${where} without ${name}: ${value}`);
  }
  const found = operationOf(met);
  if (found === undefined) {
    checkUnknown(met, where);
    return;
  }
  const listed = found.operation.responses[String(met.status)];
  if (listed === undefined) throw new Error(`${where}, which the document does not know: ${met.body.subarray(0, 500)}`);
  const pointer = '$ref' in listed ? listed.$ref.slice(1) : `${found.pointer}/responses/${met.status}`;
  const answer = '$ref' in listed ? document.components.responses[listed.$ref.split('/').at(-1) ?? ''] : listed;
  if (answer === undefined) throw new Error(`${where}, and ${pointer} is not in the document`);
  for (const [name, header] of Object.entries(answer.headers ?? {})) {
    if (isRequired(header) && !met.headers.has(name)) throw new Error(`${where} without the header ${name}`);
  }
  checkBody(met, { answer, pointer, where });
}

function isRequired(header: Header | { readonly $ref: string }): boolean {
  if (!('$ref' in header)) return header.required === true;
  return document.components.headers[header.$ref.split('/').at(-1) ?? '']?.required === true;
}

/** A path or a method that is not in the document answers an error as all do. */
function checkUnknown({ method, path, status, headers, body }: MetAnswer, where: string): void {
  if (status !== 404 && status !== 405) throw new Error(`${where}; the document does not know it`);
  const code = headers.get('x-ms-error-code');
  if (code === null) throw new Error(`${where} without x-ms-error-code`);
  if (method === 'HEAD') return;
  const validate = validatorAt('/components/schemas/Error');
  if (!validate(JSON.parse(body.toString('utf8'))))
    throw new Error(`${where}: ${path}: ${ajv.errorsText(validate.errors)}`);
}

function checkBody(
  { method, headers, body, status }: MetAnswer,
  { answer, pointer, where }: { readonly answer: Answer; readonly pointer: string; readonly where: string },
): void {
  if (method === 'HEAD' || answer.content === undefined) {
    if (body.length > 0) throw new Error(`${where} with a body`);
    return;
  }
  const type = headers.get('content-type') ?? '';
  const known = Object.keys(answer.content).find((each) => each === type || each === type.split(';')[0]);
  if (known === undefined) throw new Error(`${where} as '${type}', which the document does not know`);
  if (known !== 'application/json') return;
  const json: unknown = JSON.parse(body.toString('utf8'));
  const validate = validatorAt(`${pointer}/content/application~1json/schema`);
  if (!validate(json)) throw new Error(`${where}: ${ajv.errorsText(validate.errors)}`);
  if (status >= 400 && headers.get('x-ms-error-code') !== (json as { error: { code: string } }).error.code)
    throw new Error(`${where} with another x-ms-error-code than its body`);
}

function validatorAt(pointer: string): ValidateFunction {
  const known = compiled.get(pointer);
  if (known !== undefined) return known;
  const validate = ajv.compile({ $ref: `${documentName}#${encodeURI(pointer)}` });
  compiled.set(pointer, validate);
  return validate;
}

function operationOf({ method, path }: MetAnswer): { operation: Operation; pointer: string } | undefined {
  const name = method === 'HEAD' ? 'get' : method.toLowerCase();
  const segments = path.split('/');
  const fits = Object.entries(document.paths)
    .filter(([template, operations]) => {
      const wanted = template.split('/');
      return (
        operations[name] !== undefined &&
        wanted.length === segments.length &&
        wanted.every((part, at) => part.startsWith('{') || part === segments[at])
      );
    })
    // A literal part goes before a parameter, as in the routes of a host.
    .sort(([left], [right]) => left.split('{').length - right.split('{').length);
  const [template, operations] = fits[0] ?? [];
  const operation = operations?.[name];
  if (template === undefined || operation === undefined) return undefined;
  const escaped = template.replaceAll('~', '~0').replaceAll('/', '~1');
  return { operation, pointer: `/paths/${escaped}/${name}` };
}
