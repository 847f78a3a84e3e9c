import functions from '@azure/functions';

functions.app.get('twice', { route: 'one', handler: () => ({}) });
functions.app.get('twice', { route: 'two', handler: () => ({}) });
