import { describe, expect, it } from 'vitest';
import type { Route } from '../../shared/contracts/route.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { roles } from '../../shared/domain/caller.ts';
import { expected, openToAnyone, targets } from './expected.ts';
import { requests, type Things } from './requests.ts';

const table = Object.entries(routes as Readonly<Record<string, Route>>);

describe('the table of who may see what', () => {
  it('has a row for every route, and for nothing else', () => {
    const rows = [...Object.keys(expected), ...Object.keys(openToAnyone)];
    expect(rows.toSorted()).toEqual(table.map(([name]) => name).toSorted());
  });

  it('refuses the roles that a route does not name, and no other', () => {
    for (const [name, { callers }] of table) {
      if (callers === 'anyone') expect(openToAnyone, name).toHaveProperty(name);
      else
        expect(
          roles.filter((role) => expected[name]?.[role] !== '403'),
          name,
        ).toEqual(callers);
    }
  });

  it('has a status for each target where a route names something, and a request that does', () => {
    for (const [name, { params }] of table.filter(([route]) => expected[route] !== undefined)) {
      const answered = roles.map((role) => expected[name]?.[role] ?? '').filter((statuses) => statuses !== '403');
      const counts = new Set(answered.map((statuses) => statuses.split(' ').length));
      const names = Object.keys(params).filter((param) => param !== 'kind');
      expect([...counts], name).toEqual([names.length === 0 ? 1 : targets.length]);
      const made = requests[name]?.({} as Things).params ?? {};
      expect(Object.keys(made), name).toEqual(Object.keys(params));
    }
  });
});
