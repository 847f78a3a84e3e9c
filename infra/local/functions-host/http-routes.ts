import { describeFunction, type Registration } from './function-app.ts';
import { resolveExpressions, type Settings } from './settings.ts';

/** An HTTP function with its ASP.NET route template, e.g. `invoices/{invoiceId?}` or `content/{*path}`. */
export type Route = {
  readonly registration: Registration;
  readonly methods: readonly string[];
  readonly template: string;
  readonly segments: readonly Segment[];
};

type Part = { readonly kind: 'literal'; readonly text: string } | Parameter;
type Parameter = {
  readonly kind: 'parameter';
  readonly name: string;
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
  readonly defaultValue: string | undefined;
  readonly constraints: readonly RegExp[];
};
type Segment = { readonly parts: readonly Part[]; readonly rank: number };

export type RouteParameters = Readonly<Record<string, string>>;
export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route; readonly parameters: RouteParameters }
  | { readonly kind: 'methodNotAllowed'; readonly allow: readonly string[] }
  | { readonly kind: 'notFound' };

/** @throws when the template or a constraint cannot be understood */
export function parseRoute(registration: Registration, settings: Settings, routePrefix: string): Route {
  const ownRoute = registration.trigger['route'];
  const route = typeof ownRoute === 'string' ? resolveExpressions(ownRoute, settings, registration) : registration.name;
  const methods = registration.trigger['methods'];
  if (!Array.isArray(methods) || methods.length === 0) {
    throw new Error(`${describeFunction(registration)}: the HTTP trigger has no methods`);
  }
  const template = [routePrefix, route]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter(Boolean)
    .join('/');
  const segments = template === '' ? [] : splitSegments(template).map((text) => parseSegment(text, registration));
  refuseMisplaced(segments, template, registration);
  return { registration, methods: methods.map((method) => String(method).toUpperCase()), template, segments };
}

/** Two functions that would answer the same request are a mistake; which one wins would be chance. */
export function refuseConflicts(routes: readonly Route[]): void {
  const owners = new Map<string, Registration>();
  for (const { registration, methods, segments } of routes) {
    for (const method of methods) {
      const key = `${method} /${segments.map(shapeOf).join('/')}`;
      const other = owners.get(key);
      if (other !== undefined) {
        throw new Error(`${describeFunction(registration)}: '${key}' already belongs to ${describeFunction(other)}`);
      }
      owners.set(key, registration);
    }
  }
}

/** Two segments of one shape match the same texts. */
function shapeOf({ parts }: Segment): string {
  const shapes = parts.map((part) =>
    part.kind === 'literal'
      ? part.text.toLowerCase()
      : `{${part.isCatchAll ? '*' : ''}${part.constraints.map(({ source }) => source).join(':')}}`,
  );
  return shapes.join('');
}

/** The most specific routes first: a literal segment before a mixed or constrained one, that before a parameter. */
export function sortRoutes(routes: readonly Route[]): readonly Route[] {
  return [...routes].sort((a, b) => {
    const length = Math.max(a.segments.length, b.segments.length);
    for (let index = 0; index < length; index += 1) {
      const difference = (a.segments[index]?.rank ?? 0) - (b.segments[index]?.rank ?? 0);
      if (difference !== 0) {
        return difference;
      }
    }
    return 0;
  });
}

/** `routes` must be sorted; `pathname` is the encoded path of the request, beginning with a slash. */
export function matchRoute(routes: readonly Route[], method: string, pathname: string): RouteMatch {
  const path = pathname.replace(/^\/|\/$/g, '');
  const segments = path === '' ? [] : path.split('/').map(decodeSegment);
  const allow = new Set<string>();
  for (const route of routes) {
    const parameters = matchSegments(route.segments, segments);
    if (parameters === undefined) {
      continue;
    }
    if (route.methods.includes(method)) {
      return { kind: 'found', route, parameters };
    }
    for (const allowed of route.methods) {
      allow.add(allowed);
    }
  }
  return allow.size > 0 ? { kind: 'methodNotAllowed', allow: [...allow] } : { kind: 'notFound' };
}

/**
 * Kestrel decodes a path but for encoded slashes, which stay as they are.
 * @throws URIError when the encoding is broken
 */
function decodeSegment(segment: string): string {
  return segment
    .split(/(%2f)/i)
    .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
    .join('');
}

function matchSegments(segments: readonly Segment[], values: readonly string[]): RouteParameters | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const single = singleParameter(segment);
    const value = single?.isCatchAll === true ? values.slice(index).join('/') : (values[index] ?? '');
    if (value === '') {
      if (single === undefined || !(single.isOptional || single.isCatchAll || single.defaultValue !== undefined)) {
        return undefined;
      }
      if (single.defaultValue !== undefined) {
        parameters[single.name] = single.defaultValue;
      }
    } else if (!matchSegment(segment, value, parameters)) {
      return undefined;
    }
    if (single?.isCatchAll === true) {
      return parameters;
    }
  }
  return values.length <= segments.length ? parameters : undefined;
}

function matchSegment(segment: Segment, value: string, parameters: Record<string, string>): boolean {
  const source = segment.parts
    .map((part) => (part.kind === 'literal' ? part.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : '(.+)'))
    .join('');
  const match = new RegExp(`^${source}$`, 'is').exec(value);
  if (match === null) {
    return false;
  }
  const named = segment.parts.filter((part) => part.kind === 'parameter');
  for (const [index, { name, constraints }] of named.entries()) {
    const captured = match[index + 1] ?? '';
    if (!constraints.every((constraint) => constraint.test(captured))) {
      return false;
    }
    parameters[name] = captured;
  }
  return true;
}

function singleParameter(segment: Segment): Parameter | undefined {
  const [first, ...others] = segment.parts;
  return first?.kind === 'parameter' && others.length === 0 ? first : undefined;
}

/** Slashes inside braces (of a `regex(…)`) do not end a segment. */
function splitSegments(template: string): readonly string[] {
  return template.match(/(?:\{[^}]*\}|[^/{])+/g) ?? [];
}

function parseSegment(text: string, registration: Registration): Segment {
  const parts: Part[] = [];
  for (const match of text.matchAll(/\{([^{}]*)\}|([^{}]+)|[{}]/g)) {
    const [whole, parameter, literal] = match;
    if (parameter !== undefined) {
      parts.push(parseParameter(parameter, registration));
    } else if (literal !== undefined) {
      parts.push({ kind: 'literal', text: literal });
    } else {
      throw new Error(`${describeFunction(registration)}: the route segment '${text}' has an unbalanced '${whole}'`);
    }
  }
  return { parts, rank: rankOf(parts) };
}

function rankOf(parts: readonly Part[]): number {
  const [first, ...others] = parts;
  if (first === undefined || (first.kind === 'literal' && others.length === 0)) {
    return 1;
  }
  if (first.kind === 'literal' || others.length > 0) {
    return 2;
  }
  return (first.isCatchAll ? 5 : 3) - (first.constraints.length > 0 ? 1 : 0);
}

function parseParameter(text: string, registration: Registration): Parameter {
  const match = /^(\*{0,2})([A-Za-z_]\w*)((?::[^=?]+(?:\([^)]*\))?)*)(?:=([^?]*))?(\?)?$/.exec(text);
  if (match === null) {
    throw new Error(`${describeFunction(registration)}: the route parameter '{${text}}' cannot be understood`);
  }
  const [, stars = '', name = '', constraintText = '', defaultValue, optional] = match;
  const constraints = (constraintText.match(/:(?:regex\(.*\)|[^:]+)/g) ?? []).map((item) =>
    parseConstraint(item.slice(1), registration),
  );
  return {
    kind: 'parameter',
    name,
    isOptional: optional !== undefined,
    isCatchAll: stars !== '',
    defaultValue,
    constraints,
  };
}

const CONSTRAINTS: Readonly<Record<string, RegExp>> = {
  int: /^[+-]?\d{1,10}$/,
  long: /^[+-]?\d{1,19}$/,
  bool: /^(?:true|false)$/i,
  guid: /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i,
  alpha: /^[a-z]*$/i,
};

function parseConstraint(text: string, registration: Registration): RegExp {
  const known = CONSTRAINTS[text];
  if (known !== undefined) {
    return known;
  }
  const pattern = /^regex\((.*)\)$/.exec(text)?.[1];
  if (pattern === undefined) {
    throw new Error(`${describeFunction(registration)}: the route constraint '${text}' is not supported locally`);
  }
  return new RegExp(pattern, 'i');
}

function refuseMisplaced(segments: readonly Segment[], template: string, registration: Registration): void {
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    const single = singleParameter(segment);
    const mixed = single === undefined ? segment.parts.filter((part) => part.kind === 'parameter') : [];
    const isMisplaced = single?.isCatchAll === true && !isLast;
    if (isMisplaced || mixed.some(({ isOptional, isCatchAll }) => isOptional || isCatchAll)) {
      throw new Error(
        `${describeFunction(registration)}: in the route '${template}', an optional or catch-all parameter must be a segment of its own, and a catch-all the last one`,
      );
    }
  }
}
