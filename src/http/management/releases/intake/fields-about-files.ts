import type { ReceivedFile } from '../../../../modules/releases/receiving.service';

type Fields = Readonly<Record<string, readonly string[]>>;

/** A field of the upload form that is about a file: `<name>` where there is one, else `<name>[<file name>]`. */
export class FieldAboutFile {
  private readonly shape: RegExp;

  constructor(private readonly name: string) {
    this.shape = new RegExp(`^${name}(?:\\[(?<fileName>[^]+)\\])?$`);
  }

  /** The form without these fields, and those. */
  split(fields: Fields): { readonly form: Fields; readonly own: Fields } {
    const entries = Object.entries(fields);
    return {
      form: Object.fromEntries(entries.filter(([name]) => !this.shape.test(name))),
      own: Object.fromEntries(entries.filter(([name]) => this.shape.test(name))),
    };
  }

  /** The file that a field is about, or why there is none. */
  fileOf(field: string, files: readonly ReceivedFile[]): ReceivedFile | string {
    const fileName = this.shape.exec(field)?.groups?.['fileName'];
    if (fileName !== undefined)
      return files.find((file) => file.fileName === fileName) ?? 'names no file of the form';
    const [only, ...others] = files;
    if (only === undefined) return 'is about a file, and there is none';
    return others.length === 0 ? only : `does not say which file: write ${this.name}[<file name>]`;
  }
}
