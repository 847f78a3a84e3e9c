import { catalogueRecords } from '../contracts/catalogue.ts';
import type { routes } from '../contracts/routes.ts';
import { type CustomerForReseller, catalogueOfReseller, type SubscriptionForReseller } from '../domain/caller-scope.ts';
import type { CatalogueKind } from '../domain/catalogue.ts';
import type { CatalogueRecord } from '../domain/flat-record.ts';
import { exportCatalogue } from '../formats/catalogue-csv.ts';
import { type EditOutcome, importFiles, putRecord, removeRecord } from '../pipeline/edit-catalogue.ts';
import { HttpError, notFound, versionChanged, versionMissing } from './http-error.ts';
import { pageOfList } from './route-page.ts';
import type { RouteHandler } from './serve-route.ts';
import { wrongBody } from './wrong-body.ts';

export const listRecords: RouteHandler<typeof routes.listRecords> = async (ports, { caller, params, query, page }) => {
  const { kind } = params;
  if (caller.role === 'reseller') {
    if (query.format === 'csv') throw notOpenToResellers();
    return page.answer(pageOfList(await recordsOfReseller(ports, caller, kind), ({ id }) => id, page));
  }
  const { catalogue, etagOf } = await ports.catalogue.read();
  if (query.format === 'csv') {
    return {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${kind}.csv"`,
      },
      body: exportCatalogue(catalogue, kind),
    };
  }
  const { items, next } = pageOfList<CatalogueRecord>(catalogue[kind], ({ id }) => id, page);
  return page.answer({ items: items.map((record) => ({ ...record, etag: etagOf(kind, record.id) })), next });
};

export const getRecord: RouteHandler<typeof routes.getRecord> = async (ports, { caller, params }) => {
  if (caller.role === 'reseller') {
    const own = (await recordsOfReseller(ports, caller, params.kind)).find(({ id }) => id === params.id);
    if (own === undefined) throw notFound('record');
    return { jsonBody: own };
  }
  const stored = await ports.catalogue.get(params.kind, params.id);
  if (stored === undefined) throw notFound('record');
  return { headers: { etag: stored.etag }, jsonBody: { ...stored.record, changes: stored.changes } };
};

export const putRecordAt: RouteHandler<typeof routes.putRecord> = async (ports, { caller, params, body, http }) => {
  const { kind, id } = params;
  const record = recordOf(kind, id, body);
  const etag = http.headers.get('if-match') ?? undefined;
  const present = await ports.catalogue.get(kind, id);
  if (present !== undefined && etag === undefined && http.headers.get('if-none-match') !== '*')
    throw versionMissing('record');
  const outcome = await putRecord(ports, kind, { record, etag, principalId: caller.principalId });
  const { isNew } = doneOrThrow(outcome, 400);
  const written = await ports.catalogue.get(kind, id);
  return { status: isNew ? 201 : 200, headers: { etag: written?.etag ?? '' }, jsonBody: record };
};

export const deleteRecord: RouteHandler<typeof routes.deleteRecord> = async (ports, { caller, params, http }) => {
  const { kind, id } = params;
  if ((await ports.catalogue.get(kind, id)) === undefined) throw notFound('record');
  const etag = http.headers.get('if-match');
  if (etag === null) throw versionMissing('record');
  doneOrThrow(await removeRecord(ports, kind, { id, etag, principalId: caller.principalId }), 409);
  return { status: 204 };
};

export const importRecords: RouteHandler<typeof routes.importRecords> = async (ports, { caller, query, body }) => {
  const isDryRun = query.dryRun === 'true';
  const files = body.files.map(({ kind, name = `${kind}.csv`, text }) => ({ kind, name, text }));
  const { changes, problems } = await importFiles(ports, files, { isDryRun, principalId: caller.principalId });
  if (problems.length > 0) {
    const message = `Nothing was imported: ${problems.length} lines or values are wrong. ${problems[0]?.message ?? ''}`;
    throw new HttpError(400, 'BadImport', message, 'files', problems);
  }
  return { jsonBody: { dryRun: isDryRun, changes } };
};

type Ports = Parameters<RouteHandler<typeof routes.listRecords>>[0];

/** @throws HttpError 403 for a kind that no reseller sees */
async function recordsOfReseller(
  ports: Ports,
  caller: Parameters<typeof catalogueOfReseller>[0],
  kind: CatalogueKind,
): Promise<readonly (CustomerForReseller | SubscriptionForReseller)[]> {
  if (kind !== 'customers' && kind !== 'subscriptions') throw notOpenToResellers();
  const { catalogue } = await ports.catalogue.read();
  return catalogueOfReseller(caller, catalogue)[kind];
}

function notOpenToResellers(): HttpError {
  return new HttpError(403, 'Forbidden', 'This is not open to the role reseller');
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
  if (!record.success) throw wrongBody('InvalidRecord', record.error);
  const { version: _, ...fields } = record.data;
  return fields;
}

function doneOrThrow(outcome: EditOutcome, faultStatus: 400 | 409): Extract<EditOutcome, { kind: 'done' }> {
  switch (outcome.kind) {
    case 'done':
      return outcome;
    case 'conflict':
      throw versionChanged('record');
    case 'refused': {
      const details = outcome.faults.map(({ code, column, value, message }) => ({ code, column, value, message }));
      throw new HttpError(faultStatus, 'BadCatalogue', outcome.faults[0]?.message ?? '', 'body', details);
    }
  }
}
