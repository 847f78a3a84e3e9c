import functions from '@azure/functions';

// Azure needs this for streams over HTTP; the local host must not mind it.
functions.app.setup({ enableHttpStream: true });
