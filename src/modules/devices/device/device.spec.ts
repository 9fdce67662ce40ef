import fc from 'fast-check';
import { applyAttributes, faultOfControllerId, MAX_CONTROLLER_ID, reportedFacts } from './device';

describe('reportedFacts', () => {
  it.each([
    ['SWUpdate', { swVersion: '0.9', board: 'my-board', hwRevision: 'rev4.2' }],
    ['a script', { sw_version: '0.9', hw_boardname: 'my-board', hw_revision: 'rev4.2' }],
    ['a loud one', { SWVERSION: '0.9', Board: 'my-board', HW_Revision: 'rev4.2' }],
    ['another', { version: '0.9', hw_model: 'my-board', hwrevision: 'rev4.2' }],
    ['a device tree', { fw_version: '0.9', compatible: 'my-board', HWREVISION: 'rev4.2' }],
  ])('understands the names of %s', (_who, attributes) => {
    expect(reportedFacts(attributes)).toEqual({ version: '0.9', model: 'my-board', revision: 'rev4.2' });
  });

  it('takes the first of several names, in the order of the aliases', () => {
    const attributes = { fw_version: '4', version: '3', swVersion: '2', sw_version: '1' };
    expect(reportedFacts(attributes).version).toBe('1');
    expect(reportedFacts({ compatible: '4', hw_model: '3', board: '2', hw_boardname: '1' }).model).toBe('1');
    expect(reportedFacts({ hwRevision: '2', hw_revision: '1' }).revision).toBe('1');
  });

  it('passes over a name that says nothing', () => {
    expect(reportedFacts({ sw_version: ' ', version: ' 1.0 ' }).version).toBe('1.0');
  });

  it('knows nothing of a device that says nothing of it', () => {
    expect(reportedFacts({ serial: '7', __proto__: 'x' })).toEqual({});
    expect(reportedFacts({})).toEqual({ model: undefined, revision: undefined, version: undefined });
  });
});

describe('applyAttributes', () => {
  const before = { a: '1', b: '2' };

  it('merges: overwrites, adds, keeps the others, and drops what is null', () => {
    expect(applyAttributes(before, 'merge', { b: '3', c: '4' })).toEqual({ a: '1', b: '3', c: '4' });
    expect(applyAttributes(before, 'merge', { a: null })).toEqual({ b: '2' });
  });

  it('replaces: leaves only what was sent', () => {
    expect(applyAttributes(before, 'replace', { c: '4' })).toEqual({ c: '4' });
    expect(applyAttributes(before, 'replace', { a: null })).toEqual({});
  });

  it('removes what is named, whatever its value', () => {
    expect(applyAttributes(before, 'remove', { a: 'x', c: '4' })).toEqual({ b: '2' });
    expect(applyAttributes(before, 'remove', { a: null })).toEqual({ b: '2' });
  });

  it('takes __proto__ for a name like others', () => {
    const odd = Object.fromEntries([['__proto__', 'x']]);
    const after = applyAttributes(before, 'merge', odd);
    expect(Object.entries(after)).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['__proto__', 'x'],
    ]);
    expect(Object.getPrototypeOf(after)).toBe(Object.prototype);
    expect(JSON.stringify(after)).toBe('{"a":"1","b":"2","__proto__":"x"}');
    expect(applyAttributes(after, 'remove', odd)).toEqual(before);
  });

  it('changes nothing that it is given, and nothing the second time', () => {
    const attributes = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }));
    const change = fc.dictionary(fc.string({ maxLength: 3 }), fc.option(fc.string({ maxLength: 3 })));
    const mode = fc.constantFrom('merge' as const, 'replace' as const, 'remove' as const);
    fc.assert(
      fc.property(attributes, mode, change, (given, how, changes) => {
        const copy = structuredClone(given);
        const once = applyAttributes(given, how, changes);
        expect(given).toEqual(copy);
        expect(applyAttributes(once, how, changes)).toEqual(once);
      }),
    );
  });
});

describe('faultOfControllerId', () => {
  it.each(['device-1', 'a', '...', 'Gerät 7/b', '🦜', 'x'.repeat(MAX_CONTROLLER_ID)])(
    'finds none in %.20s',
    (text) => {
      expect(faultOfControllerId(text)).toBeUndefined();
    },
  );

  it.each([
    ['', 'must have 1 to 256 characters'],
    ['x'.repeat(257), 'must have 1 to 256 characters'],
    ['a\u0000', 'must not hold control characters'],
    ['a\n', 'must not hold control characters'],
    ['\ud83e', 'must not hold control characters'],
    ['.', 'must not be a dot or two, which URLs drop'],
    ['..', 'must not be a dot or two, which URLs drop'],
  ])('%.20j %s', (text, fault) => {
    expect(faultOfControllerId(text)).toBe(fault);
  });
});
