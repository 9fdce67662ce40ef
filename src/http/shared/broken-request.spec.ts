import { once } from 'node:events';
import { createServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { pki } from '../../../test/support/pki';
import { refuseBrokenRequest } from './broken-request';

describe('a connection with TLS', () => {
  it('is cut off when its handshake does not end in time: there is nobody who could be told why', async () => {
    const server = createServer({ cert: pki('server.cert'), key: pki('server.key'), handshakeTimeout: 50 });
    server.on('clientError', refuseBrokenRequest);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const silent = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(silent, 'close');
    const half = connect((server.address() as AddressInfo).port, '127.0.0.1');
    half.write('\x16\x03\x01\x02\x00\x01');
    await once(half, 'close');
    server.close();
    await once(server, 'close');
  });
});
