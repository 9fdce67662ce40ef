/** 400 not a readable form, 413 over a limit, 415 not a form at all. */
export type MultipartStatus = 400 | 413 | 415;

const CODES = {
  400: 'multipart_invalid',
  413: 'multipart_too_large',
  415: 'multipart_expected',
} as const satisfies Record<MultipartStatus, string>;

/** Why a form was refused; the message names the field where there is one and may be shown to the client. */
export class MultipartError extends Error {
  readonly code: (typeof CODES)[MultipartStatus];

  constructor(
    readonly status: MultipartStatus,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = CODES[status];
  }
}
