import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import { catalogueImportBody, catalogueRecords } from '../contracts/catalogue.ts';
import { type CatalogueKind, catalogueKinds } from '../domain/catalogue.ts';
import { catalogueFileLimits, exportCatalogue } from '../formats/catalogue-csv.ts';
import { type EditOutcome, importFiles, putRecord, removeRecord } from '../pipeline/edit-catalogue.ts';
import { HttpError, notFound } from './http-error.ts';
import { readJsonBody } from './json-body.ts';
import type { HttpHandler } from './on-http-request.ts';
import { filtersOf, pageResponse } from './page.ts';

const idLengthMax = 200;

export const listRecords: HttpHandler = async (ports, request) => {
  const kind = kindOf(request);
  const { format } = filtersOf(request, { format: /^(json|csv)$/ });
  const { catalogue, etagOf } = await ports.catalogue.read();
  if (format !== 'csv') {
    return pageResponse(
      request,
      catalogue[kind].map((record) => ({ ...record, etag: etagOf(kind, record.id) })),
    );
  }
  return {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${kind}.csv"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
    body: exportCatalogue(catalogue, kind),
  };
};

export const getRecord: HttpHandler = async (ports, request) => {
  const kind = kindOf(request);
  const stored = await ports.catalogue.get(kind, idOf(request));
  if (stored === undefined) throw notFound('record');
  return {
    headers: { etag: stored.etag, 'cache-control': 'no-store' },
    jsonBody: { ...stored.record, changes: stored.changes },
  };
};

export const putRecordAt: HttpHandler = async (ports, request) => {
  const kind = kindOf(request);
  const id = idOf(request);
  const record = recordOf(kind, id, await readJsonBody(request));
  const etag = request.headers.get('if-match') ?? undefined;
  const present = await ports.catalogue.get(kind, id);
  if (present !== undefined && etag === undefined && request.headers.get('if-none-match') !== '*') throw unseen();
  const outcome = await putRecord(ports, kind, { record, etag });
  const { isNew } = doneOrThrow(outcome, 400);
  const written = await ports.catalogue.get(kind, id);
  return { status: isNew ? 201 : 200, headers: { etag: written?.etag ?? '' }, jsonBody: record };
};

export const deleteRecord: HttpHandler = async (ports, request) => {
  const kind = kindOf(request);
  const id = idOf(request);
  if ((await ports.catalogue.get(kind, id)) === undefined) throw notFound('record');
  const etag = request.headers.get('if-match');
  if (etag === null) throw unseen();
  doneOrThrow(await removeRecord(ports, kind, { id, etag }), 409);
  return { status: 204 };
};

export const importRecords: HttpHandler = async (ports, request) => {
  const { dryRun } = filtersOf(request, { dryRun: /^(true|false)$/ });
  const body = catalogueImportBody.safeParse(await readJsonBody(request, catalogueFileLimits.charactersMax));
  if (!body.success) throw new HttpError(400, 'InvalidBody', z.prettifyError(body.error), 'body');
  const files = body.data.files.map(({ kind, name = `${kind}.csv`, text }) => ({ kind, name, text }));
  const { changes, problems } = await importFiles(ports, files, { isDryRun: dryRun === 'true' });
  if (problems.length > 0) {
    const message = `Nothing was imported: ${problems.length} lines or values are wrong. ${problems[0]?.message ?? ''}`;
    throw new HttpError(400, 'BadImport', message, 'files', problems);
  }
  return { jsonBody: { dryRun: dryRun === 'true', changes } };
};

function kindOf(request: HttpRequest): CatalogueKind {
  const kind = catalogueKinds.find((candidate) => candidate === request.params['kind']);
  if (kind === undefined) throw notFound('kind of record');
  return kind;
}

function idOf(request: HttpRequest): string {
  const { id = '' } = request.params;
  if (id === '' || id.length > idLengthMax) throw notFound('record');
  return id;
}

/** What a caller puts is entered by a person, whatever it says itself. */
function recordOf(kind: CatalogueKind, id: string, body: unknown) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'InvalidBody', 'The body is no JSON object', 'body');
  }
  if ('id' in body && body.id !== id) {
    throw new HttpError(400, 'InvalidBody', `The body is of '${String(body.id)}', the address of '${id}'`, 'id');
  }
  const entered = kind === 'margins' ? {} : { origin: 'entered' };
  const record = catalogueRecords[kind].safeParse({ ...body, ...entered, id, version: 1 });
  if (!record.success) throw new HttpError(400, 'InvalidRecord', z.prettifyError(record.error), 'body');
  const { version: _, ...fields } = record.data;
  return fields;
}

function unseen(): HttpError {
  const message = 'There is such a record; say in If-Match which version of it you saw';
  return new HttpError(428, 'PreconditionRequired', message, 'If-Match');
}

function doneOrThrow(outcome: EditOutcome, faultStatus: 400 | 409): Extract<EditOutcome, { kind: 'done' }> {
  switch (outcome.kind) {
    case 'done':
      return outcome;
    case 'conflict':
      throw new HttpError(412, 'PreconditionFailed', 'The record is not the version that you saw', 'If-Match');
    case 'refused': {
      const details = outcome.faults.map(({ code, column, value, message }) => ({ code, column, value, message }));
      throw new HttpError(faultStatus, 'BadCatalogue', outcome.faults[0]?.message ?? '', 'body', details);
    }
  }
}
