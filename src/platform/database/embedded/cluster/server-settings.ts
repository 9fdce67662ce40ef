const DEFAULTS: Readonly<Record<string, string>> = {
  shared_buffers: '128MB',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  lc_messages: 'C',
  jit: 'off',
};

/** Not for anyone to change: who may connect, and where the messages go. */
const FIXED: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  logging_collector: 'off',
  log_destination: 'stderr',
};

/** The server's arguments without the port, which changes from start to start. */
export function serverArguments(dataDir: string, settings: Readonly<Record<string, string>>): string[] {
  const all = { ...DEFAULTS, ...settings, ...FIXED };
  return ['-D', dataDir, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** True when a postmaster.opts (the command line of the last start) has all these arguments. */
export function hasArguments(postmasterOpts: string, args: readonly string[]): boolean {
  return args.every((argument) => postmasterOpts.includes(`"${argument}"`));
}
