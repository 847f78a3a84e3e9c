import functions from '@azure/functions';

functions.app.storageQueue('onQueue', { queueName: 'q', connection: 'DataStorage', handler: () => undefined });
