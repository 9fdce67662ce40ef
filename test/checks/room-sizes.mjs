/**
 * A folder of src with more sources than fit into a look is hard to find one's way in: it opens rooms, which take their
 * place in ROOMS of .dependency-cruiser.cjs where they import each other. Tests lie beside what they test and are not counted.
 *
 *   node test/checks/room-sizes.mjs [folder]    below `src`, or below the folder
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const TOP = process.argv[2] ?? 'src';
const MOST = 12;
/** Made by a program, for programs. */
const GENERATED = join('src', 'cli', 'generated');

const folders = readdirSync(join(ROOT, TOP), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /(?<!spec)\.ts$/.test(entry.name))
  .map(({ parentPath }) => relative(ROOT, parentPath))
  .filter((folder) => !folder.startsWith(GENERATED));
const crowded = [...new Set(folders)]
  .map((folder) => ({ folder, count: folders.filter((other) => other === folder).length }))
  .filter(({ count }) => count > MOST);

for (const { folder, count } of crowded)
  console.error(
    `${folder} holds ${count} sources, of ${MOST} at most: open rooms for what belongs together.`,
  );
process.exitCode = crowded.length === 0 ? 0 : 1;
