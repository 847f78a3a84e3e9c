import functions from '@azure/functions';

const queue = functions.output.storageQueue({ queueName: 'q', connection: 'DataStorage' });

functions.app.get('withOutput', { route: 'x', extraOutputs: [queue], handler: () => ({}) });
