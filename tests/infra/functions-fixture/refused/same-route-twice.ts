import functions from '@azure/functions';

functions.app.get('first', { route: 'things/{id}', handler: () => ({}) });
functions.app.get('second', { route: 'Things/{name}', handler: () => ({}) });
