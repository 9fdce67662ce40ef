import type { StoredObject, UnfinishedUpload } from './bucket-content';

const escaped = (text: string): string =>
  text.replace(/[<>&]/g, (mark) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[mark] ?? mark);

/** `<name>…</name>` of nested values; an array repeats its element. */
export function xml(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => xml(name, one)).join('');
  if (typeof value !== 'object' || value === null) return `<${name}>${escaped(String(value))}</${name}>`;
  const inner = Object.entries(value).map(([key, one]) => xml(key, one));
  return `<${name}>${inner.join('')}</${name}>`;
}

export function objectsPage(objects: readonly (readonly [string, StoredObject])[]): string {
  return xml('ListBucketResult', {
    IsTruncated: false,
    Contents: objects.map(([key, { etag, bytes, modifiedAt }]) => ({
      Key: key,
      LastModified: modifiedAt.toISOString(),
      ETag: `"${etag}"`,
      Size: bytes.length,
    })),
  });
}

export function uploadsPage(uploads: readonly (readonly [string, UnfinishedUpload])[]): string {
  return xml('ListMultipartUploadsResult', {
    IsTruncated: false,
    Upload: uploads.map(([uploadId, { key, initiatedAt }]) => ({
      Key: key,
      UploadId: uploadId,
      Initiated: initiatedAt.toISOString(),
    })),
  });
}

export function partsPage(upload: UnfinishedUpload): string {
  return xml('ListPartsResult', {
    IsTruncated: false,
    Part: [...upload.parts].map(([part, { etag, bytes, modifiedAt }]) => ({
      PartNumber: part,
      LastModified: modifiedAt.toISOString(),
      ETag: `"${etag}"`,
      Size: bytes.length,
    })),
  });
}
