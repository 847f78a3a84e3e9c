import { beforeAll, describe, expect, it } from 'vitest';
import { apiVersion } from '../../shared/contracts/http.ts';
import type { Route } from '../../shared/contracts/route.ts';
import { routes } from '../../shared/contracts/routes.ts';
import type { StartedMonth } from '../support/stack-process.ts';
import { expected, openToAnyone, type Target, targets } from './expected.ts';
import { type Actor, actors, type MatrixWorld, matrixWorld } from './matrix-world.ts';
import { requests, type Things } from './requests.ts';

/* Every route × everybody × whose thing it is, against the local stack over HTTP, held to the table of `expected.ts`. */

const table = Object.entries(routes as Readonly<Record<string, Route>>);

/** Held against a month that is settled. */
export function authorisationMatrix(started: () => StartedMonth): void {
  describe('the API', () => {
    let world: MatrixWorld;

    beforeAll(async () => {
      const { apiUrl, summary, sampleFolder } = started();
      world = await matrixWorld(apiUrl, summary, sampleFolder);
    }, 120_000);

    it.each(table)('answers %s as the table says', { timeout: 60_000 }, async (name, route) => {
      for (const actor of actors) {
        const wanted = statusesOf(name, actor);
        const answers: (Answer & { readonly target: Target })[] = [];
        for (const [at, target] of targets.entries()) {
          const answer = await ask(name, route, actor, target);
          const status = wanted.length === 1 ? wanted[0] : wanted[at];
          expect(`${actor} ${target} ${answer.status}`, name).toBe(`${actor} ${target} ${status}`);
          answers.push({ ...answer, target });
        }
        // What is not theirs answers as what is not there. What cannot be an id may be told apart: that, anybody knows.
        const refused = answers.filter(({ status, target }) => /^40[134]$/.test(status) && target !== 'malformed');
        for (const { target: _, ...answer } of refused) {
          const first = refused.find(({ status }) => status === answer.status);
          expect(first, `${name} for ${actor}`).toMatchObject(answer);
        }
      }
    });

    it('tells a reseller and a customer nothing of others', { timeout: 60_000 }, async () => {
      let read = 0;
      for (const [name, route] of table.filter(([, { method }]) => method === 'GET')) {
        for (const actor of ['reseller', 'customer'] as const) {
          const response = await send(name, route, actor, world.things.own);
          const text = `${[...response.headers].join('\n')}\n${await response.text()}`;
          if (response.ok) read += 1;
          const found = world.foreignTo[actor].filter((word) => text.includes(word));
          expect(found, `${name} for ${actor}`).toEqual([]);
        }
      }
      expect(read).toBeGreaterThan(3);
    });

    type Answer = { readonly status: string; readonly headers: unknown; readonly text: string };

    /** Without what differs between any two answers. */
    async function ask(name: string, route: Route, actor: Actor, target: Target): Promise<Answer> {
      const response = await send(name, route, actor, world.things[target]);
      const headers = [...response.headers].filter(([header]) => header !== 'date');
      return { status: String(response.status), headers, text: await response.text() };
    }

    function send(name: string, route: Route, actor: Actor, things: Things): Promise<Response> {
      const { params = {}, body, headers = {} } = requests[name]?.(things) ?? {};
      const path = route.path.replace(/\{(\w+)\}/g, (_whole, param: string) => params[param] ?? '');
      return world.ask[actor](`${world.apiUrl}/${path}?api-version=${apiVersion}`, {
        method: route.method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    }
  });
}

function statusesOf(name: string, actor: Actor): readonly string[] {
  const open = openToAnyone[name];
  if (open !== undefined) return [open];
  if (actor === 'nobody') return ['401'];
  if (actor === 'revoked') return ['403'];
  return (expected[name]?.[actor] ?? 'no row').split(' ');
}
