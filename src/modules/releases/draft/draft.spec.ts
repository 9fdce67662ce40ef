import type { BundleFacts } from '../bundles/bundle-facts';
import { draftRelease, type DraftFile, type ReleaseDraft, type ReleaseForm } from './draft';
import { ReleaseFieldError } from '../releases.errors';

const BOARD = { model: 'my-board', revision: 'rev4.2' };
const OTHER = { model: 'other', revision: '*' };

function aSwu(facts: Partial<BundleFacts> = {}, fileName = 'basic-1.0.swu'): DraftFile {
  const known: BundleFacts = { format: 'swu', version: '1.0', hardware: [BOARD], warnings: [], ...facts };
  return { fileName, facts: known, sha256: 'a'.repeat(64) };
}

function anOpaque(fileName = 'app.bin', sha256 = 'b'.repeat(64)): DraftFile {
  return { fileName, facts: { format: 'opaque', hardware: [], warnings: [] }, sha256 };
}

const ALL: ReleaseForm = { name: 'app', version: '1.0', compatibility: '*' };

function refusal(form: ReleaseForm, ...files: DraftFile[]): string {
  try {
    draftRelease(form, files);
  } catch (error) {
    if (error instanceof ReleaseFieldError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

const nameOf = (fileName: string, version: string): string =>
  draftRelease({ version, compatibility: '*' }, [anOpaque(fileName)]).name;

describe('a release of one bundle', () => {
  it('takes everything from the bundle', () => {
    expect(draftRelease({}, [aSwu({ description: 'words', warnings: ['Not signed.'] })])).toEqual({
      name: 'basic',
      version: '1.0',
      notes: '',
      hardware: [BOARD],
      warnings: ['basic-1.0.swu: Not signed.'],
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      isRequiredStep: false,
      upgradeFrom: undefined,
      modules: [
        {
          type: 'os',
          name: 'basic',
          version: '1.0',
          format: 'swu',
          description: 'words',
          isEncrypted: false,
          metadata: [],
          fileNames: ['basic-1.0.swu'],
          isPlanned: false,
        },
      ],
    } satisfies ReleaseDraft);
  });

  it('is called as the bundle calls itself', () => {
    expect(draftRelease({}, [aSwu({ name: 'firmware' })]).name).toBe('firmware');
  });

  it('takes what the form says above what the bundle says', () => {
    const form = { name: ' mine ', version: ' 7 ', notes: 'n', compatibility: 'x:1' };
    expect(draftRelease(form, [aSwu({ name: 'firmware' })])).toMatchObject({
      name: 'mine',
      version: '7',
      notes: 'n',
      hardware: [{ model: 'x', revision: '1' }],
      modules: [{ name: 'firmware', version: '1.0' }],
    });
  });

  it('may name no hardware: it is stored, and offered to nobody', () => {
    expect(draftRelease({}, [aSwu({ hardware: [] })]).hardware).toEqual([]);
  });
});

describe('the name of a release whose files tell none', () => {
  it.each([
    ['basic-1.0.swu', '1.0', 'basic'],
    ['basic_v1.0.bin', '1.0', 'basic'],
    ['basic 1.0.bin', '1.0', 'basic'],
    ['basic1.0.bin', '1.0', 'basic'],
    ['basic.bin', '1.0', 'basic'],
    ['dev-1.0.swu', '1.0', 'dev'],
    ['drv1.0.swu', '1.0', 'drv'],
    ['v1.0.swu', '1.0', 'v1.0'],
    ['1.0.swu', '1.0', '1.0'],
    ['a.b-c-2.tar.gz', '2', 'a.b-c-2.tar'],
    ['noending', '1.0', 'noending'],
  ])('%s with version %s is %s', (fileName, version, name) => {
    expect(nameOf(fileName, version)).toBe(name);
  });
});

describe('a release of an opaque file', () => {
  it('is complete with version and compatibility in the form', () => {
    expect(draftRelease(ALL, [anOpaque()])).toMatchObject({
      hardware: [{ model: '*', revision: '*' }],
      modules: [{ type: 'application', name: 'app', version: '1.0', format: 'opaque' }],
    });
  });

  it('needs the version', () => {
    expect(refusal({ compatibility: '*' }, anOpaque())).toBe('version is missing: the files do not tell it');
  });

  it('needs the compatibility, also beside a bundle that has one', () => {
    const why = 'compatibility is missing: app.bin does not tell what hardware it fits';
    expect(refusal({ version: '1' }, anOpaque())).toBe(why);
    expect(refusal({}, aSwu(), anOpaque())).toBe(why);
  });
});

describe('a release of several files', () => {
  it('fits what all of them fit', () => {
    const files = [aSwu({ hardware: [BOARD, OTHER] }), aSwu({ hardware: [OTHER] }, 'second.swu')];
    expect(draftRelease({}, files).hardware).toEqual([OTHER]);
  });

  it('needs the compatibility when they have no hardware in common', () => {
    expect(refusal({}, aSwu(), aSwu({ hardware: [OTHER] }, 'second.swu'))).toBe(
      'compatibility is needed, since the files have no hardware in common',
    );
  });

  it('needs the version when they differ, and keeps theirs in the modules', () => {
    const files = [aSwu(), aSwu({ version: '2.0' }, 'second.swu')] as const;
    expect(refusal({}, ...files)).toBe('version is needed, since the files say 1.0 and 2.0');
    expect(draftRelease({ version: '3' }, files).modules.map((module) => module.version)).toEqual([
      '1.0',
      '2.0',
    ]);
  });

  it('takes the version of the one that tells it', () => {
    const draft = draftRelease({ compatibility: '*' }, [anOpaque(), aSwu()]);
    expect(draft.version).toBe('1.0');
    expect(draft.modules.map((module) => module.version)).toEqual(['1.0', '1.0']);
  });

  it('refuses two of the same name', () => {
    expect(refusal({}, aSwu(), aSwu())).toBe('file is given twice under the same name');
  });
});

describe('what a form may not hold', () => {
  it.each<[ReleaseForm, string]>([
    [{ ...ALL, name: ' ' }, 'name must not be empty'],
    [{ ...ALL, name: 'n'.repeat(257) }, 'name must not exceed 256 characters'],
    [{ ...ALL, name: 'a\nb' }, 'name must not hold control characters'],
    [{ ...ALL, version: '' }, 'version must not be empty'],
    [{ ...ALL, version: '1\u00000' }, 'version must not hold control characters'],
    [{ ...ALL, notes: 'n'.repeat(20_001) }, 'notes must not exceed 20000 characters'],
    [{ ...ALL, notes: 'a\u0000b' }, 'notes must not hold the character NUL'],
    [{ ...ALL, compatibility: ' , ' }, 'compatibility must name hardware as model:revision, or * for all'],
    [{ ...ALL, compatibility: 'a:' }, 'compatibility has an empty model or revision'],
    [{ ...ALL, compatibility: 'a\u0000:1' }, 'compatibility has a model or revision with control characters'],
    [
      { ...ALL, compatibility: 'a:#RE:(' },
      'compatibility has the expression "#RE:(", which is not a regular expression of RE2',
    ],
    [
      { ...ALL, compatibility: Array.from({ length: 501 }, (_unused, n) => `b${n}`).join(',') },
      'compatibility must not name more than 500 kinds of hardware',
    ],
  ])('%.60j', (form, why) => {
    expect(refusal(form, anOpaque())).toBe(why);
  });

  it('is checked in what a bundle brings too', () => {
    expect(refusal({}, aSwu({ version: '1\n0' }))).toBe('version must not hold control characters');
    expect(refusal({}, aSwu({ hardware: [{ model: '*', revision: '#RE:[' }] }))).toContain('#RE:[');
  });

  it('refuses a release without files', () => {
    expect(refusal(ALL)).toBe('file is missing: a release needs at least one file');
  });
});

describe('the digest', () => {
  const digestOf = (form: ReleaseForm, ...files: DraftFile[]): string => draftRelease(form, files).digest;

  it('is the same for the same files, whatever the form says', () => {
    const other = { ...ALL, name: 'b', version: '2', notes: 'x' };
    expect(digestOf(other, anOpaque())).toBe(digestOf(ALL, anOpaque()));
  });

  it('tells other bytes, names and orders apart', () => {
    const digests = [
      digestOf(ALL, anOpaque()),
      digestOf(ALL, anOpaque('app2.bin')),
      digestOf(ALL, anOpaque('app.bin', 'c'.repeat(64))),
      digestOf(ALL, anOpaque('a'), anOpaque('b')),
      digestOf(ALL, anOpaque('b'), anOpaque('a')),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
