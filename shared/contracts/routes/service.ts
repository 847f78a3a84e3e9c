import { z } from 'zod';
import { defineRoute } from '../route.ts';
import { noFilters } from '../route-values.ts';

const health = z.strictObject({ status: z.enum(['healthy', 'unhealthy']), reason: z.string().exactOptional() });

export const docsFileNames = ['docs.js', 'favicon-32x32.png', 'swagger-ui-bundle.js', 'swagger-ui.css'] as const;

export const serviceRoutes = {
  getHealth: defineRoute({
    method: 'GET',
    path: 'health',
    tag: 'Service',
    summary: 'Whether the API can do its work',
    callers: 'anyone',
    isUnversioned: true,
    params: {},
    query: noFilters,
    answers: {
      200: { description: 'It can', body: health },
      503: { description: 'It cannot: what it needs does not answer', body: health },
    },
  }),
  getOpenApi: defineRoute({
    method: 'GET',
    path: 'openapi.json',
    tag: 'Service',
    summary: 'This document',
    callers: 'anyone',
    isUnversioned: true,
    params: {},
    query: noFilters,
    answers: { 200: { description: 'OpenAPI 3.1', body: z.looseObject({ openapi: z.string() }) } },
  }),
  getDocs: defineRoute({
    method: 'GET',
    path: 'docs',
    tag: 'Service',
    summary: 'This document as a page, where requests can be tried',
    callers: 'anyone',
    isUnversioned: true,
    params: {},
    query: noFilters,
    answers: { 200: { description: 'A page', contentTypes: ['text/html; charset=utf-8'] } },
  }),
  getDocsFile: defineRoute({
    method: 'GET',
    path: 'docs/{file}',
    tag: 'Service',
    summary: 'What the page is made of',
    callers: 'anyone',
    isUnversioned: true,
    params: { file: z.enum(docsFileNames) },
    query: noFilters,
    answers: {
      200: {
        description: 'A file',
        contentTypes: ['text/css; charset=utf-8', 'text/javascript; charset=utf-8', 'image/png'],
      },
    },
  }),
};
