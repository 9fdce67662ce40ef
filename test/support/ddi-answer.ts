import cbor from 'cbor';

/** The tree in an answer, whatever its form; its length has to have been told, since Zephyr reads no other. */
export async function treeIn(answer: Response): Promise<unknown> {
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(answer.headers.get('content-length')).toBe(String(bytes.length));
  expect(answer.headers.get('transfer-encoding')).toBeNull();
  return answer.headers.get('content-type') === 'application/cbor'
    ? cbor.decode(bytes)
    : JSON.parse(bytes.toString());
}

/** An answer without a body: every success of POST and PUT, and the errors for which hawkBit has none. */
export async function expectBare(answer: Response, status: number): Promise<void> {
  expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
    status,
    '0',
    '',
  ]);
}

/** hawkBit's error body: these three keys and no other (contract 1.12). */
export async function expectHawkbitError(answer: Response, status: number, code: string): Promise<void> {
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/json']);
  expect(await treeIn(answer)).toEqual({
    exceptionClass: expect.stringContaining('org.eclipse.hawkbit.'),
    errorCode: `hawkbit.server.error.${code}`,
    message: expect.any(String),
  });
}
