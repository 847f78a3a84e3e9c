import { entraTokenSource, type TokenSource } from '../../shared/adapters/entra-token-source.ts';
import { graphInvoiceSource } from '../../shared/adapters/graph-invoice-source.ts';
import type { ExportOperation, InvoiceSource } from '../../shared/pipeline/ports.ts';
import { CONTOSO, GRAPH_SCOPE, PARTNER_CENTER_SCOPE, startSample } from '../infra/partner-center-sample.ts';

export type Microsoft = Awaited<ReturnType<typeof startSample>> & {
  readonly tokens: TokenSource;
  readonly source: InvoiceSource;
};

/** Our adapters against the stand-in for Microsoft's services, with Contoso's credentials. */
export async function startMicrosoft(options: { readonly now?: () => Date } = {}): Promise<Microsoft> {
  const sample = await startSample(options);
  const tokens = contosoTokens(sample.standIn.loginUrl);
  const source = graphInvoiceSource(
    { baseUrl: sample.standIn.graphUrl, token: () => tokens.token(GRAPH_SCOPE) },
    { baseUrl: sample.standIn.partnerCenterUrl, token: () => tokens.token(PARTNER_CENTER_SCOPE) },
  );
  return { ...sample, tokens, source };
}

export function contosoTokens(loginUrl: string, clientSecret: string = CONTOSO.clientSecret): TokenSource {
  return entraTokenSource(CONTOSO.tenantId, {
    kind: 'tokenEndpoint',
    clientId: CONTOSO.clientId,
    clientSecret,
    tokenUrl: `${loginUrl}/${CONTOSO.tenantId}/oauth2/v2.0/token`,
  });
}

/** Polls that an operation of a test needs at most. */
const pollsMax = 10;

/** The last word of the operation at `operationUrl`. */
export async function endOf(source: InvoiceSource, operationUrl: string): Promise<ExportOperation> {
  for (let polls = 0; polls < pollsMax; polls += 1) {
    const operation = await source.readOperation({ tenantId: CONTOSO.tenantId, operationUrl });
    if (operation.kind !== 'running') return operation;
  }
  throw new Error(`The operation has not ended after ${pollsMax} polls`);
}

export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('This should have failed');
  return error;
}
