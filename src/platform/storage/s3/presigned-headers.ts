/** Makes the store give the file its name, as the server itself would (RFC 6266). */
export function attachmentNamed(fileName: string | undefined): Record<string, string> {
  const type = { 'response-content-type': 'application/octet-stream' };
  if (fileName === undefined) return type;
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const disposition = `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
  return { ...type, 'response-content-disposition': disposition };
}
