import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseConfigData, type ConfigData } from './config-data-body';
import { InvalidAttributeError, UnreadableBodyError } from '../wire/ddi-error';
import { parseJson } from '../wire/request-body';

const FEEDBACK = join(__dirname, '../../../../test/fixtures/feedback');
const fixture = (name: string): string => readFileSync(join(FEEDBACK, `${name}.txt`), 'utf8');
/** As it comes in by JSON. */
const parsed = (text: string): ConfigData => parseConfigData(parseJson(text));
const bodyWith = (data: unknown, mode?: unknown): string => JSON.stringify({ mode, data });

describe('parseConfigData', () => {
  it.each([
    ['hawkbit-rs-configData', { HwRevision: '1.0' }],
    ['rhu-configData', { mac_address: 'ff:ff:ff:ff:ff:ff', hwRevision: 'rev4.2', board: 'my-board' }],
    ['swupdate-configData', { swVersion: '0.9', board: 'my-board', hwRevision: 'rev4.2' }],
  ])('reads %s as a merge', (name, data) => {
    expect(parsed(fixture(name))).toEqual({ mode: 'merge', data });
  });

  it.each(['merge', 'replace', 'remove'] as const)('reads mode %s', (mode) => {
    expect(parsed(bodyWith({ a: 'b' }, mode)).mode).toBe(mode);
  });

  it('keeps null, which deletes its key', () => {
    expect(parsed(bodyWith({ a: null, b: '' })).data).toEqual({ a: null, b: '' });
  });

  it('takes __proto__ and constructor for names like others', () => {
    const { data } = parsed('{"data":{"__proto__":"x","constructor":"y"}}');
    expect(Object.entries(data)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
  });

  it('takes no inherited data', () => {
    expect(() => parsed('{"__proto__":{"data":{"a":"b"}}}')).toThrow(UnreadableBodyError);
  });

  it('takes names and values of 128 characters, in any script', () => {
    const data = { ['ä'.repeat(128)]: '🦜'.repeat(64) };
    expect(parsed(bodyWith(data)).data).toEqual(data);
  });

  it.each([
    ['', 'The body is not JSON.'],
    ['{"data":{"a":"b"}', 'The body is not JSON.'],
    ['null', 'The body must be an object.'],
    ['[]', 'The body must be an object.'],
    ['{}', 'data must be an object of attributes.'],
    ['{"data":null}', 'data must be an object of attributes.'],
    ['{"data":["a"]}', 'data must be an object of attributes.'],
    ['{"data":{}}', 'data must hold at least one attribute.'],
    [bodyWith({ a: 1 }), 'The attribute a must be a string or null.'],
    [bodyWith({ a: { b: 'c' } }), 'The attribute a must be a string or null.'],
    [bodyWith({ a: 'b' }, 'upsert'), 'mode must be one of merge, replace, remove.'],
    [bodyWith({ a: 'b' }, ['merge']), 'mode must be one of merge, replace, remove.'],
    [
      bodyWith(Object.fromEntries(Array.from({ length: 1001 }, (_unused, n) => [`k${n}`, 'v']))),
      'data must not hold more than 1000 attributes.',
    ],
  ])('cannot read %.40s', (text, message) => {
    expect(() => parsed(text)).toThrow(new UnreadableBodyError(message));
  });

  it.each([
    ['a name of 129 characters', { ['k'.repeat(129)]: 'v' }],
    ['an empty name', { '': 'v' }],
    ['a name with a newline', { 'a\nb': 'v' }],
    ['a value of 129 characters', { a: 'v'.repeat(129) }],
    ['a value with NUL', { a: 'b\u0000' }],
    ['half a character in a value', { a: '\ud83e' }],
    ['half a character in a name', { '\udd9c': 'a' }],
  ])('refuses %s by the name of the attribute', (_what, data) => {
    expect(() => parsed(bodyWith(data))).toThrow(InvalidAttributeError);
  });

  it('throws nothing but these two, whatever the body', () => {
    const text = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.jsonValue().map((data) => bodyWith(data)),
      fc
        .dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
        .map((data) => bodyWith(data)),
    );
    fc.assert(
      fc.property(text, (any) => {
        try {
          expect(Object.keys(parsed(any).data).length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof InvalidAttributeError)) expect(error).toBeInstanceOf(UnreadableBodyError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
