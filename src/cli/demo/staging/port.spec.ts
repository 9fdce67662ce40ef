import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { choosePort, PortTakenError } from './port';

const HOST = '127.0.0.1';

describe('the port of the demo', () => {
  let squatter: Server;
  let taken: number;
  beforeEach(async () => {
    squatter = createServer().listen(0, HOST);
    await once(squatter, 'listening');
    taken = (squatter.address() as AddressInfo).port;
  });
  afterEach(() => squatter.close());

  it('is the one wished for', async () => {
    squatter.close();
    await once(squatter, 'close');
    expect(await choosePort(taken, HOST)).toEqual({ port: taken, note: undefined });
  });

  it('is any free one for 0', async () => {
    expect((await choosePort(0, HOST)).port).toBeGreaterThan(0);
  });

  it('is not another one than wished for', async () => {
    await expect(choosePort(taken, HOST)).rejects.toThrow(PortTakenError);
  });

  it('is a free one when nobody wished and the default is taken', async () => {
    const chosen = await choosePort(undefined, HOST, taken);
    expect(chosen.note).toBe(`(${taken} is taken)`);
    expect(chosen.port).not.toBe(taken);
  });
});
