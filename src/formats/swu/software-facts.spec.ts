import { parseLibconfig } from '../libconfig/libconfig.parser';
import { parseJsonDescription } from './json-description';
import { readSoftwareFacts } from './software-facts';
import type { SoftwareFacts } from './swu-description';

function described(text: string): SoftwareFacts {
  const isJson = text.startsWith('{');
  return readSoftwareFacts(isJson ? parseJsonDescription(Buffer.from(text)) : parseLibconfig(text));
}

describe('readSoftwareFacts', () => {
  it('gives the board of each list, and * for lists of a set and mode', () => {
    const list = (revision: string): string => `hardware-compatibility = [ "${revision}" ];`;
    const text = `software = { version = "1"; ${list('top')} b = { ${list('board')} s = { ${list('set')} m = { ${list('mode')} }; }; }; };`;
    expect(described(text).hardware).toEqual([
      { board: '*', revision: 'top' },
      { board: 'b', revision: 'board' },
      { board: '*', revision: 'set' },
      { board: 'b', revision: 'mode' },
    ]);
  });

  it('follows relative, absolute and chained links, in lists too', () => {
    const text = `software = {
      version = { ref = "#./v1" }; v1 = { ref = "#/software/v2" }; v2 = "2.0";
      b = { hardware-compatibility = { ref = "#./../hw" }; stable = { main = { ref = "#../common" }; }; common = { images = ({ ref = "#./list" }); list = ({ filename = "a" }, { filename = "b" }); }; };
      hw = [ "1" ];
    };`;
    expect(described(text)).toMatchObject({
      version: '2.0',
      hardware: [{ board: 'b', revision: '1' }],
      images: [{ filename: 'a' }, { filename: 'b' }],
    });
  });

  it('refuses links that lead round in a circle', () => {
    expect(() =>
      described('software = { version = { ref = "#./a" }; a = { ref = "#./version" }; };'),
    ).toThrow('leads round in a circle');
    expect(() => described('software = { ref = "#./software" };')).toThrow('circle');
  });

  it('warns of a link that leads nowhere', () => {
    expect(described('software = { version = "1"; b = { ref = "#./gone" }; };').warnings).toContainEqual(
      'The link at "software.b" leads nowhere.',
    );
  });

  it('refuses links that unfold to an enormous tree', () => {
    const links = Array.from({ length: 5000 }, (_, at) => `n${at} = { ref = "#/software" };`).join('\n');
    const entries = Array.from({ length: 5000 }, () => '{ ref = "#./many" }').join(',');
    expect(() => described(`software = { version = "1"; ${links} };`)).toThrow('too many to follow');
    expect(() =>
      described(`software = { version = "1"; images = (${entries}); many = (${entries}); };`),
    ).toThrow('too many to follow');
  });

  it('takes the version of the sections when they agree', () => {
    expect(described('software = { a = { version = "3"; }; b = { version = "3"; }; };').version).toBe('3');
    expect(() => described('software = { a = { version = "3"; }; b = { version = "4"; }; };')).toThrow(
      'different ones',
    );
  });

  it.each(['software = { version = 1.0; };', 'software = { version = ""; };', '{"software":{"version":1}}'])(
    'refuses %j for want of a version',
    (text) => {
      expect(() => described(text)).toThrow('there is no version');
    },
  );

  it.each(['', 'soft = {};', 'software = "x";', '{}', '{"software": []}'])(
    'refuses %j for want of a root',
    (text) => {
      expect(() => described(`${text} `)).toThrow('no group "software"');
    },
  );

  it('takes the name of a cipher for encryption', () => {
    const text =
      'software = { version = "1"; files = ({ filename = "a"; encrypted = "aes-cbc"; }, { filename = "b"; encrypted = false; }); };';
    expect(described(text).images).toEqual([
      { filename: 'a', encrypted: true },
      { filename: 'b', encrypted: false },
    ]);
  });

  it('warns of hardware that devices will not understand', () => {
    expect(described('software = { version = "1"; hardware-compatibility = "1"; };').warnings).toContainEqual(
      expect.stringContaining('not a list'),
    );
    expect(described('{"software":{"version":"1","hardware-compatibility":[1,"2",null]}}')).toMatchObject({
      hardware: [{ board: '*', revision: '2' }],
      warnings: expect.arrayContaining([expect.stringContaining('not a string')]),
    });
  });

  it('keeps names of prototypes as plain names', () => {
    const text =
      '{"__proto__":{"polluted":1},"software":{"version":"1","__proto__":{"hardware-compatibility":["1"]}}}';
    expect(described(text).hardware).toEqual([{ board: '__proto__', revision: '1' }]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
