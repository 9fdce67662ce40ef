import fc from 'fast-check';
import { chooseRepresentation } from './accept';

describe('chooseRepresentation', () => {
  it.each([
    [undefined, 'application/hal+json'],
    ['', 'application/hal+json'],
    ['*/*', 'application/hal+json'],
    ['application/*', 'application/hal+json'],
    ['application/hal+json', 'application/hal+json'],
    ['application/json', 'application/json'],
    ['application/json;charset=UTF-8', 'application/json'],
    ['application/json ; charset=UTF-8', 'application/json'],
    ['Application/JSON', 'application/json'],
    ['application/hal+json, application/json', 'application/hal+json'],
    ['text/html, application/json;q=0.9', 'application/json'],
    ['text/html, */*;q=0.1', 'application/hal+json'],
    ['application/atom+xml', undefined],
    ['text/html', undefined],
    ['application/jsonp', undefined],
    [',', undefined],
    ['application/cbor', 'application/cbor'],
    ['application/cbor, application/json', 'application/cbor'],
    ['application/json;q=0.5, application/cbor', 'application/cbor'],
    ['application/json; q=0.2 , application/cbor ;q=0.9, */*;q=0.1', 'application/cbor'],
    ['*/*, application/json', 'application/json'],
    ['*/*, application/json;q=0.9', 'application/hal+json'],
    ['application/hal+json;q=0, */*', 'application/json'],
    ['application/hal+json;q=0, application/json;q=0.0, */*;q=0.1', 'application/cbor'],
    ['application/json;q=0', undefined],
    ['*/*;q=0', undefined],
    ['application/*;q=0, */*', undefined],
    ['application/json;q=high', 'application/json'],
    ['application/json;q=, application/cbor;q=0.5', 'application/json'],
    ['application/json;q=7, application/cbor', 'application/json'],
    ['application/json;q=-1', 'application/json'],
    ['application/json;version=1;Q=.3, application/cbor;q=0.4', 'application/cbor'],
    // Java's HttpURLConnection.
    ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'application/hal+json'],
  ])('%j gets %s', (accept, representation) => {
    expect(chooseRepresentation(accept)).toBe(representation);
  });

  it('gives something that the header names, or nothing, whatever it says', () => {
    const type = fc.constantFrom('application/json', 'application/cbor', 'application/*', '*/*', 'text/html');
    const member = fc.tuple(type, fc.double().map(String)).map(([name, q]) => `${name};q=${q}`);
    const header = fc.oneof(fc.string(), fc.array(fc.oneof(type, member, fc.string())).map(String));
    fc.assert(
      fc.property(header, (accept) => {
        const chosen = chooseRepresentation(accept);
        const isNamed = ['', '*/*', 'application/*', chosen].some((name) =>
          accept.toLowerCase().includes(name ?? ','),
        );
        expect(chosen === undefined || isNamed).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([',', ';', ';q=', 'q;', ' ', 'application/json;q=0,', '*/*;'])(
    'comes to an end of a million of %j',
    (piece) => {
      expect(() => chooseRepresentation(piece.repeat(1_000_000))).not.toThrow();
    },
  );
});
