import { hasArguments, serverArguments } from './server-settings';

const optsOf = (args: string[]): string =>
  `/usr/bin/postgres ${args.map((a) => `"${a}"`).join(' ')} "-c" "port=1"\n`;

describe('serverArguments', () => {
  it('lets settings change the defaults', () => {
    const args = serverArguments('/data', { max_connections: '7', fsync: 'off' });
    expect(args).toContain('max_connections=7');
    expect(args).toContain('fsync=off');
    expect(args).not.toContain('max_connections=100');
  });

  it('does not let settings open the server to the network', () => {
    const args = serverArguments('/data', { listen_addresses: '*', unix_socket_directories: '/tmp' });
    expect(args).toContain('listen_addresses=127.0.0.1');
    expect(args).toContain('unix_socket_directories=');
    expect(args).not.toContain('listen_addresses=*');
  });

  it('leaves fsync on unless told otherwise', () => {
    expect(serverArguments('/data', {}).filter((argument) => argument.startsWith('fsync'))).toEqual([]);
  });
});

describe('hasArguments', () => {
  it('recognises the command line of a start with the same settings', () => {
    const args = serverArguments('/my "data"', { fsync: 'off' });
    expect(hasArguments(optsOf(args), args)).toBe(true);
  });

  it('sees a changed setting', () => {
    const before = serverArguments('/data', { max_connections: '10' });
    expect(hasArguments(optsOf(before), serverArguments('/data', { max_connections: '100' }))).toBe(false);
  });
});
