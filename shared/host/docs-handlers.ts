import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { openApiDocument } from '../contracts/openapi.ts';
import type { routes } from '../contracts/routes.ts';
import type { RouteHandler } from './serve-route.ts';

let document: ReturnType<typeof openApiDocument> | undefined;

export const getOpenApi: RouteHandler<typeof routes.getOpenApi> = async (_ports, { http }) => {
  // Made once: anybody may ask for it, as often as they like.
  document ??= openApiDocument('/api');
  return { jsonBody: { ...document, servers: [{ url: new URL('.', http.url).href.replace(/\/$/, '') }] } };
};

/** Nothing from elsewhere, nothing inline: the page works without a network and runs our own files alone. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const getDocs: RouteHandler<typeof routes.getDocs> = async (_ports, { http }) => {
  // As the caller wrote it, percent-encoded: with whatever stands before it, and with a slash or without.
  const folder = new URL(http.url).pathname.replace(/\/+$/, '');
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
      'referrer-policy': 'no-referrer',
    },
    body: `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>CSP reconcile: HTTP API</title>
    <link rel="icon" type="image/png" href="${folder}/favicon-32x32.png">
    <link rel="stylesheet" href="${folder}/swagger-ui.css">
  </head>
  <body>
    <main id="docs"></main>
    <script src="${folder}/swagger-ui-bundle.js"></script>
    <script src="${folder}/docs.js"></script>
  </body>
</html>
`,
  };
};

/** The document stands beside the page's folder. No token is kept when the page is left. */
const startScript = `SwaggerUIBundle({
  url: new URL('../openapi.json', document.currentScript.src).href,
  dom_id: '#docs',
  validatorUrl: null,
  persistAuthorization: false,
});
`;

const contentTypes = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
} as const;

const require = createRequire(import.meta.url);
const packageFolder = dirname(require.resolve('swagger-ui-dist/package.json'));

export const getDocsFile: RouteHandler<typeof routes.getDocsFile> = async (_ports, { params: { file } }) => {
  const body = file === 'docs.js' ? startScript : await readFile(join(packageFolder, file));
  const extension = file.split('.').at(-1) as keyof typeof contentTypes;
  return { headers: { 'content-type': contentTypes[extension], 'cache-control': 'max-age=3600' }, body };
};
