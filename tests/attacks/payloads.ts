import { gzipSync } from 'node:zlib';

/** Begins a line of its own, clears the screen and colours it, in every way that a terminal or a log knows. */
export const forgedLine = 'x\r\n{"message":"forged"}\u001b[2J\u009b31m\u0085\u2028\u202eforged';

/** As an id or a filter may come, before it is encoded for an address. */
export const idPayloads: readonly string[] = [
  "'",
  "''",
  "' or '1' eq '1",
  "' or RowKey ne '",
  ') or (',
  "x') or (PartitionKey ne 'x",
  '$filter',
  "PartitionKey eq 'run'",
  '*',
  '%',
  '%25',
  '%00',
  '\u0000',
  'a\u0000b',
  '../../invoices',
  '..\\..\\invoices',
  '%2e%2e%2f',
  '\\',
  '"',
  '<script>alert(1)</script>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is what is sent
  '${7*7}',
  '{{7*7}}',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  '-1',
  '1e309',
  '\ufeff',
  '\u202e',
  '\ud83d\ude00'.repeat(40),
  'é'.repeat(100),
  'a'.repeat(5_000),
  forgedLine,
];

/** Paths as bytes, with what clients usually take away. */
export const pathPayloads: readonly string[] = [
  '/api/docs/../../package.json',
  '/api/docs/..%2f..%2fpackage.json',
  '/api/docs/..%5c..%5cpackage.json',
  '/api/docs/..\\..\\package.json',
  '/api/docs/%2e%2e/%2e%2e/package.json',
  '/api/docs/%252e%252e%252fpackage.json',
  '/api/docs/%25252e%25252e%25252fpackage.json',
  '/api/docs/%c0%ae%c0%ae%c0%afpackage.json',
  '/api/docs/%e0%80%ae%e0%80%ae/package.json',
  '/api/docs/%ff%fe',
  '/api/docs/%',
  '/api/docs/%zz',
  '/api/docs/%u002e%u002e',
  '/api/docs/swagger-ui.css%00.html',
  '/api/docs/swagger-ui.css/../../../package.json',
  '/api/files/../grants',
  '/api/files/%2e%2e/grants',
  '/api/files/..;/grants',
  '/api/me/../../api/grants',
  '/api//grants',
  '//api/grants',
  '/api/./grants',
  '/api/grants/',
  '/api/grants%20',
  '/api/grants%2f',
  '/api/%67rants',
  '/API/GRANTS',
  '/api/grants;a=b',
  '/api/grants#x',
  '/admin/functions',
  '/admin/host/keys',
  '/runtime/webhooks/blobs',
  '/.env',
  '/local.settings.json',
  '/api/local.settings.json',
  '//elsewhere.example/api/grants',
  'http://elsewhere.example/api/grants',
  '*',
];

export type BodyPayload = {
  readonly what: string;
  readonly bytes: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
};

const json = { 'content-type': 'application/json' };
const body = (what: string, bytes: string | Buffer, headers: Readonly<Record<string, string>> = json) => ({
  what,
  bytes,
  headers,
});

/** Bodies that no route takes. */
export const bodyPayloads: readonly BodyPayload[] = [
  body('nothing', ''),
  body('null', 'null'),
  body('a list', '[]'),
  body('a number', '1e400'),
  body('a word', 'NaN'),
  body('what is left over', '{} {}'),
  body('a half object', '{"audience":'),
  body('a huge text', `{"a":"${'a'.repeat(70_000)}"}`),
  body('lists without end', '['.repeat(60_000)),
  body('lists in lists', `${'['.repeat(20_000)}${']'.repeat(20_000)}`),
  body('objects in objects', `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`),
  body('many keys', `{${Array.from({ length: 6_000 }, (_, at) => `"k${at}":1`).join(',')}}`),
  body('a key twice', '{"audience":"csp","audience":"customer"}'),
  body('a key twice, once escaped', '{"audience":"csp","\\u0061udience":"customer"}'),
  body('__proto__', '{"__proto__":{"polluted":true},"audience":"csp"}'),
  body('__proto__, escaped', '{"\\u005f_proto__":{"polluted":true}}'),
  body('constructor', '{"constructor":{"prototype":{"polluted":true}}}'),
  body('prototype deep inside', '{"target":{"kind":{"prototype":{"polluted":true}}}}'),
  body('half a character', '{"note":"\\ud800"}'),
  body('bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])),
  body('overlong UTF-8', Buffer.from([0x7b, 0x22, 0xc0, 0xae, 0x22, 0x3a, 0x31, 0x7d])),
  body('UTF-16', Buffer.from('\ufeff{"audience":"csp"}', 'utf16le')),
  body('a NUL', '{"audience":"csp"}\u0000'),
  body('forged lines', JSON.stringify({ audience: forgedLine, version: forgedLine, kind: forgedLine })),
  body('forged keys', JSON.stringify({ [forgedLine]: 1 })),
  body('gzip that says so', gzipSync('{"audience":"csp"}'), { ...json, 'content-encoding': 'gzip' }),
  body('gzip that does not', gzipSync('{"audience":"csp"}')),
  body('plain that says it is gzip', '{"audience":"csp"}', { ...json, 'content-encoding': 'gzip' }),
  body('a form', 'audience=csp', { 'content-type': 'application/x-www-form-urlencoded' }),
  body('text', '{"audience":"csp"}', { 'content-type': 'text/plain' }),
  body('another charset', '{"audience":"csp"}', { 'content-type': 'application/json; charset=utf-16' }),
  body('JSON of another kind', '{"audience":"csp"}', { 'content-type': 'application/problem+json' }),
  body('XML', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', {
    'content-type': 'application/xml',
  }),
  body('parts', '--x\r\n\r\n{}\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }),
  body('a type of two', '{"audience":"csp"}', { 'content-type': 'application/json, text/plain' }),
];
