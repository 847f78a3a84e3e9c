/**
 * The version of the rules that turn inputs into results. It is part of a run's identity: raise it with every change
 * that can alter a stored total, a status or a variance.
 */
export const engineVersion = '3';
