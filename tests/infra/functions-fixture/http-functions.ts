import { Readable } from 'node:stream';
import functions, { type HttpResponseInit } from '@azure/functions';
import { recorder } from './recorder.ts';

const { app } = functions;

app.http('listInvoices', {
  methods: ['GET', 'HEAD'],
  route: 'invoices/{invoiceId?}',
  handler: (request) => ({
    headers: { 'x-invoice': request.params['invoiceId'] ?? '(all)' },
    jsonBody: {
      params: request.params,
      query: Object.fromEntries(request.query),
      tenant: request.headers.get('x-tenant'),
    },
  }),
});

app.get('latestInvoice', { route: 'invoices/latest', handler: () => ({ body: 'the literal route' }) });

app.put('fileOfKind', {
  route: 'invoices/{invoiceId}/files/{kind}-lineitems',
  handler: (request) => ({ status: 202, jsonBody: request.params }),
});

app.post('echoJson', {
  route: 'echo',
  handler: async (request) => ({ status: 201, jsonBody: { received: await request.json() } }),
});

app.get('catchAll', { route: 'content/{*path}', handler: (request) => ({ jsonBody: request.params }) });

app.get('numbered', { route: 'numbers/{id:int}', handler: (request) => ({ body: `number ${request.params['id']}` }) });

app.get('named', { route: 'numbers/{name}', handler: (request) => ({ body: `name ${request.params['name']}` }) });

app.post('countBytes', {
  route: 'count',
  handler: async (request) => {
    let bytes = 0;
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
    }
    return { jsonBody: { bytes } };
  },
});

app.post('returnUpload', { route: 'return-upload', handler: (request) => ({ body: request.body }) });

app.get('gated', { route: 'gated', handler: (request, context) => recorder.run(request, context) as object });

app.get('brokenStream', {
  route: 'broken-stream',
  handler: () => ({
    body: Readable.from(
      (async function* () {
        yield Buffer.from('half of it');
        throw new Error('the source broke');
      })(),
    ),
  }),
});

app.get('failing', {
  route: 'failing',
  handler: (_request, context) => {
    context.info('about to fail', { invoiceId: 'G012' });
    throw new Error('secret detail');
  },
});

app.get('wrongReturn', { route: 'wrong-return', handler: () => 'not an object' as unknown as object });

app.get('nothing', { route: 'nothing', handler: () => undefined as unknown as object });

app.get('cookies', {
  route: 'cookies',
  handler: (): HttpResponseInit => ({
    status: 302,
    headers: { location: '/elsewhere', connection: 'close' },
    cookies: [
      { name: 'session', value: 'a b', httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 60 },
      { name: 'second', value: '2' },
    ],
  }),
});

app.http('rootOfApi', { methods: ['GET'], route: '%ROOT_ROUTE%', handler: () => ({ body: process.env['GREETING'] }) });
