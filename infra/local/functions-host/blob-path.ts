import { describeFunction, type Registration } from './function-app.ts';

/**
 * A blob trigger's path, `container/blob name pattern`, as the WebJobs SDK understands it: each `{name}` becomes a
 * greedy `.*` that also takes slashes, `{{` and `}}` stand for braces, the container is compared without regard to
 * letter case and the blob name with it.
 */
export type BlobPath = {
  readonly containerName: string;
  /** What every matching blob name begins with. */
  readonly prefix: string;
  /** The captured values by name, or undefined when the blob does not match. */
  capture(blobName: string): Readonly<Record<string, string>> | undefined;
};

type Token = { readonly kind: 'literal' | 'parameter'; readonly text: string };

const IDENTIFIER = /^[\p{L}_][\p{L}\p{Nd}\p{Pc}\p{Mn}\p{Mc}\p{Cf}]*$/u;

/** @throws when the path is not of that form */
export function parseBlobPath(path: string, registration: Registration): BlobPath {
  const fail = (reason: string): never => {
    throw new Error(`${describeFunction(registration)}: the blob path '${path}' ${reason}`);
  };
  const slashAt = path.indexOf('/');
  const containerName = (slashAt < 0 ? path : path.slice(0, slashAt)).toLowerCase();
  if (!/^(?:\$root|[a-z0-9](?:-?[a-z0-9]){2,62})$/.test(containerName)) {
    fail('does not begin with a container name');
  }
  const tokens = slashAt < 0 ? [] : tokenize(path.slice(slashAt + 1), fail);
  const names = tokens.filter(({ kind }) => kind === 'parameter').map(({ text }) => text);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) {
    fail(`has the parameter '${doubled}' twice`);
  }
  const source = tokens
    .map(({ kind, text }) => (kind === 'parameter' ? `(?<${text}>.*)` : escapeRegExp(text)))
    .join('');
  const pattern = new RegExp(`^${source}$`, 'u');
  const [first] = tokens;
  return {
    containerName,
    prefix: first?.kind === 'literal' ? first.text : '',
    capture: (blobName) => {
      if (tokens.length === 0) {
        return {};
      }
      const match = pattern.exec(blobName);
      return match === null ? undefined : { ...match.groups };
    },
  };
}

function tokenize(text: string, fail: (reason: string) => never): readonly Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(
    /(?<brace>\{\{|\}\})|\{(?<parameter>[^{}]*)\}|(?<literal>[^{}]+)|(?<stray>[{}])/g,
  )) {
    const { brace, parameter, literal } = match.groups ?? {};
    if (parameter !== undefined) {
      if (!IDENTIFIER.test(parameter)) {
        fail(`has the invalid parameter name '${parameter}'`);
      }
      tokens.push({ kind: 'parameter', text: parameter });
    } else if (brace !== undefined || literal !== undefined) {
      tokens.push({ kind: 'literal', text: brace?.[0] ?? literal ?? '' });
    } else {
      fail('has an unbalanced brace');
    }
  }
  return tokens;
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
