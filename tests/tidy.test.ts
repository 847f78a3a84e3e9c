import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import resources from '../shared/resources.json' with { type: 'json' };

/* How the code is laid out (docs/architecture.md), held by a test. */

const root = fileURLToPath(new URL('..', import.meta.url));
const rooms = ['functions', 'shared', 'cli', 'infra', 'tests'] as const;

type SourceFile = { readonly path: string; readonly text: string };

const sources: readonly SourceFile[] = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = posix.join(room, ...name.split(/[\\/]/));
      return { path, text: readFileSync(join(root, path), 'utf8') };
    }),
);

/** Which rooms a file of a room may import from; a room may always import from itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'shared/domain': [],
  'shared/contracts': ['shared/domain'],
  'shared/formats': ['shared/domain'],
  'shared/pipeline': ['shared/domain', 'shared/contracts', 'shared/formats', 'shared/resources.json'],
  'shared/adapters': [
    'shared/domain',
    'shared/contracts',
    'shared/formats',
    'shared/pipeline',
    'shared/resources.json',
  ],
  'shared/host': [
    'shared/domain',
    'shared/contracts',
    'shared/formats',
    'shared/pipeline',
    'shared/adapters',
    'shared/resources.json',
  ],
  functions: [
    'shared/domain',
    'shared/contracts',
    'shared/formats',
    'shared/pipeline',
    'shared/adapters',
    'shared/host',
    'shared/resources.json',
  ],
  cli: ['shared/domain', 'shared/contracts', 'shared/formats', 'shared/pipeline', 'shared/adapters'],
};

function roomOf(path: string): string {
  if (path === 'shared/resources.json') return path;
  const [first = '', second = ''] = path.split('/');
  return first === 'shared' ? `${first}/${second}` : first;
}

function importsOf({ text }: SourceFile): readonly string[] {
  return [
    ...text.matchAll(/^\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

const product = sources.filter((file) => mayImport[roomOf(file.path)] !== undefined);

describe('the rooms', () => {
  it('import one way', () => {
    const wrong = product.flatMap((file) => {
      const room = roomOf(file.path);
      return importsOf(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => roomOf(posix.join(dirname(file.path), name)))
        .filter((target) => target !== room && !mayImport[room]?.includes(target))
        .map((target) => `${file.path} imports from ${target}`);
    });
    expect(wrong).toEqual([]);
    expect(product.length).toBeGreaterThan(80);
  });

  it.each([
    { library: /^@azure\/(?!functions$)/, only: /^shared\/(adapters|host)\// },
    { library: /^@azure\/functions$/, only: /^(functions|shared\/host)\// },
    { library: /^decimal\.js$/, only: /^shared\/domain\/(decimal|money)\.ts$/ },
  ])('keep $library to $only', ({ library, only }) => {
    const users = product.filter((file) => importsOf(file).some((name) => library.test(name)));
    expect(users.length).toBeGreaterThan(0);
    expect(users.map((file) => file.path).filter((path) => !only.test(path))).toEqual([]);
  });

  it('read the environment in host/config.ts alone', () => {
    const readers = product.filter((file) => /process\.env\b/.test(file.text)).map((file) => file.path);
    expect(readers).toEqual(['shared/host/config.ts']);
  });

  it('keep floats away from money', () => {
    const floats = product.filter((file) => /\bparseFloat\(|\.toNumber\(|\bNumber\.parseFloat\b/.test(file.text));
    expect(floats.map((file) => file.path)).toEqual([]);
  });

  it('have no default export and no barrel', () => {
    const wrong = sources.filter((file) => /^export default|^export \* from/m.test(file.text)).map((file) => file.path);
    expect(wrong).toEqual([]);
  });
});

/** Functions of a file's own level, from their first line to their last. */
const functionsOf = ({ text }: SourceFile) => [...text.matchAll(/^(?:export )?(?:async )?function[\s\S]*?^}$/gm)];

describe('the code of the product', () => {
  it('has functions of at most 70 lines', () => {
    const long = product.flatMap((file) =>
      functionsOf(file)
        .filter(([text]) => text.split('\n').length > 70)
        .map(([text]) => `${file.path}: ${text.split('\n')[0]}`),
    );
    expect(product.flatMap(functionsOf).length).toBeGreaterThan(1_000);
    expect(long).toEqual([]);
  });

  it('says of each exported function of domain and formats what it means; the names of arithmetic say it all', () => {
    const silent = product
      .filter(({ path }) => /^shared\/(domain|formats)\//.test(path) && !/\/(decimal|scaled)\.ts$/.test(path))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/(?<!\*\/\n)^export (?:async )?function\*? (\w+)/gm)].map((match) => `${path}: ${match[1]}`),
      );
    expect(silent).toEqual([]);
  });
});

describe('the functions', () => {
  const files = sources.filter((file) => file.path.startsWith('functions/'));
  const registrationsOf = (file: SourceFile) =>
    [...file.text.matchAll(/functions\.app\.\w+\(\s*(?:'|`)([^'`]+)(?:'|`)/g)].map((match) => match[1] ?? '');

  it('stand one in a file, which has its name', () => {
    for (const file of files.filter((candidate) => dirname(candidate.path) === 'functions')) {
      const name = basename(file.path, '.ts');
      const registered = registrationsOf(file);
      expect(registered, file.path).toHaveLength(1);
      expect(registered[0]?.split('_')[0], file.path).toBe(name);
    }
  });

  it('of HTTP stand by route family, named after it', () => {
    const http = files.filter((file) => file.path.startsWith('functions/http/'));
    expect(http.length).toBeGreaterThan(3);
    for (const file of http) {
      for (const name of registrationsOf(file)) expect(name.split('_')[0], file.path).toBe(basename(file.path, '.ts'));
    }
  });

  it('of HTTP do nothing themselves: the handlers of all routes stand in host', () => {
    const http = files.filter((file) => file.path.startsWith('functions/http/'));
    expect(http.filter((file) => /=>|\bfunction\b/.test(file.text)).map((file) => file.path)).toEqual([]);
    const handling = product.filter((file) => /: RouteHandler<typeof routes\b/.test(file.text)).map(({ path }) => path);
    expect(handling.length).toBeGreaterThan(5);
    expect(handling.filter((path) => !/^shared\/host\/[a-z-]+-handlers\.ts$/.test(path))).toEqual([]);
  });

  it('only register: they are short', () => {
    for (const file of files) expect(file.text.split('\n').length, file.path).toBeLessThanOrEqual(70);
  });

  it('have a function for every queue, and its dead letters recorded', () => {
    const names = files.flatMap(registrationsOf);
    for (const step of Object.keys(resources.queues)) expect(names).toContain(step);
  });
});

describe('names of resources', () => {
  it('stand in resources.json alone', () => {
    const names = [...new Set(Object.values(resources).flatMap((group) => Object.values(group)))].filter((name) =>
      name.includes('-'),
    );
    expect(names.length).toBeGreaterThan(5);
    const wrong = product.flatMap((file) =>
      names
        .filter((name) => file.text.includes(`'${name}'`) || file.text.includes(`'${name}/`))
        .map((name) => `${file.path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are names that Azure takes', () => {
    for (const name of Object.values(resources.tables)) expect(name).toMatch(/^[a-z][a-z0-9]{2,62}$/);
    for (const name of [...Object.values(resources.containers), ...Object.values(resources.queues)])
      expect(name).toMatch(/^[a-z0-9](-?[a-z0-9]){2,61}$/);
  });
});
