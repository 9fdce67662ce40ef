import { anArtifact } from '../../../../test/support/a-artifact';
import { artifactHeaders, md5Headers, md5Text } from './artifact-headers';

const WHOLE = { kind: 'whole' } as const;

describe('artifactHeaders', () => {
  it('are those of the contract for the whole file', () => {
    expect(artifactHeaders(anArtifact(), WHOLE)).toEqual({
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment;filename=firmware.swu',
      'Last-Modified': 'Sat, 21 Nov 2026 12:00:00 GMT',
      ETag: `"${'a'.repeat(40)}"`,
      'Accept-Ranges': 'bytes',
      'X-Content-Type-Options': 'nosniff',
      'Content-Length': 1000,
    });
  });

  it.each([
    [0, 0, 'bytes 0-0/1000', 1],
    [100, 999, 'bytes 100-999/1000', 900],
  ])('name the bytes %i to %i', (start, endInclusive, range, length) => {
    const headers = artifactHeaders(anArtifact(), { kind: 'single', start, endInclusive });
    expect(headers).toMatchObject({ 'Content-Range': range, 'Content-Length': length });
  });

  it('name the size for a range that cannot be had, beside ETag, date and disposition', () => {
    expect(artifactHeaders(anArtifact(), { kind: 'unsatisfiable' })).toMatchObject({
      'Content-Range': 'bytes */1000',
      'Content-Length': 0,
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment;filename=firmware.swu',
      'Last-Modified': 'Sat, 21 Nov 2026 12:00:00 GMT',
      ETag: `"${'a'.repeat(40)}"`,
    });
  });

  it('name neither range nor length for several parts, and the boundary as SWUpdate can read it', () => {
    const headers = artifactHeaders(anArtifact(), { kind: 'several', ranges: [] });
    expect(headers['Content-Type']).toBe('multipart/byteranges; boundary=THIS_STRING_SEPARATES_MULTIPART');
    expect(headers).not.toHaveProperty('Content-Range');
    expect(headers).not.toHaveProperty('Content-Length');
    expect(headers).toMatchObject({ ETag: `"${'a'.repeat(40)}"`, 'Accept-Ranges': 'bytes' });
  });

  it('name no range for the whole file', () => {
    expect(artifactHeaders(anArtifact(), WHOLE)).not.toHaveProperty('Content-Range');
  });

  it.each([
    ['plain-1.0_b~2.swu', 'plain-1.0_b~2.swu'],
    ['with space.swu', '"with space.swu"'],
    ['a;b.swu', '"a;b.swu"'],
    ['q"uote\\.swu', '"q\\"uote\\\\.swu"'],
    ['Gerät.swu', 'Ger_t.swu'],
    ['a\r\nX-Evil: 1', '"a__X-Evil: 1"'],
  ])('write the file name %j as %s', (fileName, written) => {
    const headers = artifactHeaders(anArtifact({ fileName }), WHOLE);
    expect(headers['Content-Disposition']).toBe(`attachment;filename=${written}`);
  });
});

describe('md5Text', () => {
  it('is what md5sum writes, without the newline', () => {
    expect(md5Text(anArtifact())).toBe(`${'b'.repeat(32)}  firmware.swu`);
  });
});

describe('md5Headers', () => {
  it('are those of the contract', () => {
    expect(md5Headers(anArtifact({ fileName: 'with space.swu' }))).toEqual({
      'Content-Type': 'text/plain',
      'Content-Length': 32 + 2 + 'with space.swu'.length,
      'Content-Disposition': 'attachment;filename="with space.swu.MD5SUM"',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  it('count bytes, not letters', () => {
    expect(md5Headers(anArtifact({ fileName: 'Gerät' }))['Content-Length']).toBe(32 + 2 + 6);
  });
});
