import { type Answer, jsonTextAnswer } from './answer.ts';
import { partnerCenterError } from './errors.ts';
import { queryValue, type StandInRequest } from './request.ts';

export type Link = {
  readonly uri: string;
  readonly method: 'GET';
  readonly headers: readonly { readonly key: string; readonly value: string }[];
};

export function linkTo(uri: string, headers: Link['headers'] = []): Link {
  return { uri, method: 'GET', headers };
}

/** A collection of Partner Center; the items are passed on as they are written. */
export function collectionAnswer(collection: {
  readonly totalCount: number;
  readonly items: readonly string[];
  readonly self: Link;
  readonly next: Link | undefined;
  readonly continuationToken?: string | undefined;
}): Answer {
  const token =
    collection.continuationToken === undefined
      ? ''
      : `"continuationToken":${JSON.stringify(collection.continuationToken)},`;
  const links = { self: collection.self, ...(collection.next === undefined ? {} : { next: collection.next }) };
  return jsonTextAnswer(
    200,
    `{${token}"totalCount":${collection.totalCount},"items":[${collection.items.join(',')}],` +
      `"links":${JSON.stringify(links)},"attributes":{"objectType":"Collection"}}`,
  );
}

/** A whole number of the query; `absent` where it is not given, undefined where it is not a number in range. */
export function wholeNumber(
  request: StandInRequest,
  name: 'size' | 'offset',
  least: number,
): number | 'absent' | undefined {
  const text = queryValue(request, name);
  if (text === undefined) return 'absent';
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) return undefined;
  return Number(text);
}

export function invalidInput(description: string): Answer {
  return partnerCenterError(400, '800002', `Invalid request input. ${description}`);
}

export function invoiceNotFound(invoiceId: string): Answer {
  return partnerCenterError(404, '1000', `Not found. There is no invoice ${invoiceId}.`);
}
