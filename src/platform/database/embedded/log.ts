/** Where the embedded Postgres says what it does; its own server messages go to a file, see ServerLog. */
export type Log = (level: 'info' | 'warn' | 'error', message: string) => void;
