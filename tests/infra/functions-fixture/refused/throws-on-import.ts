throw new Error('a broken module');
