import type { Params } from 'nestjs-pino';

/**
 * JSON lines on standard error, so that what `npm start` tells people on standard output stays readable. Requests are not
 * logged one by one (a fleet makes thousands a second), and no header that carries a secret ever is.
 */
export function loggerOptions(level: string): Params {
  return {
    // No route: its middleware would run every request in an AsyncLocalStorage, and once one has, every promise of the
    // process is tracked, also those of the fast lane.
    forRoutes: [],
    pinoHttp: [
      {
        level,
        autoLogging: false,
        quietReqLogger: true,
        redact: { paths: ['req.headers', '*.token', '*.password', '*.authorization'], censor: '[secret]' },
      },
      process.stderr,
    ],
  };
}
