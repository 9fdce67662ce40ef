import type { Client } from 'pg';

/** A row that was made, changed or removed. */
export interface RowChange {
  readonly relation: string;
  readonly operation: string;
  /** The controllerId of the device that the row is about; undefined: none, or more than one. */
  readonly owner: string | undefined;
}

/**
 * What is not of the domain, and changes by design when a request is refused: when and from where a device was last heard of,
 * since that holds for whoever has proven who he is, whatever he then asks for. Nor is it said of any request how far events are
 * numbered, or that a server is there at all.
 */
const UNWATCHED = ['device_presence', 'event_relay', 'attendance'];
/** What goes back with a device that was made. Not the attendance: set back, it would look like an absence. */
const RESTORED_WITH_DEVICES = ['device_presence', 'event_relay'];
/** For the same reason: the last use of a token that was the right one. */
const UNWATCHED_COLUMNS = ['last_used_at'];
/** Events are written once; their numbers they get from the relay, by and by. */
const UPDATES: Readonly<Record<string, string>> = {
  event: 'UPDATE OF kind, subject, actor, detail, occurred_at',
};

const TABLES = `
  SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`;

/** A change that changes nothing is none. Partitions have the triggers of the whole, and tell its name. */
const NOTE = `
  CREATE SCHEMA fuzz;
  CREATE UNLOGGED TABLE fuzz.journal (relation text, operation text, entry jsonb);
  CREATE FUNCTION fuzz.note() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE
    before jsonb := CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP IN ('UPDATE', 'INSERT') THEN to_jsonb(NEW) END;
    unwatched text[] := '{${UNWATCHED_COLUMNS.join(',')}}';
  BEGIN
    IF before - unwatched IS DISTINCT FROM after - unwatched THEN
      INSERT INTO fuzz.journal VALUES (TG_ARGV[0], TG_OP, coalesce(after, before));
    END IF;
    RETURN NULL;
  END $$;
  CREATE FUNCTION fuzz.note_truncation() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO fuzz.journal VALUES (TG_ARGV[0], TG_OP, '{}');
    RETURN NULL;
  END $$;`;

interface Entry {
  readonly relation: string;
  readonly operation: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

/** What Postgres calls it. */
const DEADLOCK = '40P01';
const MOST_ATTEMPTS = 20;

/**
 * Writes down each row of each table that changes, in the transaction that changes it, and can undo it all. A table that is
 * added to the schema is watched too, without a word here.
 */
export class Journal {
  private readonly deviceNames = new Map<string, string>();
  private readonly actionNames = new Map<string, string>();
  private tables: string[] = [];

  private constructor(private readonly client: Client) {}

  /** Begins; what is in the tables now is what {@link Journal.restore} goes back to. */
  static async begin(client: Client): Promise<Journal> {
    const journal = new Journal(client);
    await client.query(NOTE);
    const { rows } = await client.query<{ name: string }>(TABLES);
    journal.tables = rows.map(({ name }) => name);
    for (const table of journal.tables) await journal.watch(table);
    await journal.learnNames();
    return journal;
  }

  /** How many tables are watched. */
  get watched(): number {
    return this.tables.length - UNWATCHED.length;
  }

  /** The rows that changed since it was asked last. */
  async take(): Promise<RowChange[]> {
    const { rows } = await this.client.query<Entry>(
      'DELETE FROM fuzz.journal RETURNING relation, operation, entry',
    );
    // New devices and actions tell their names to the rows that are about them.
    for (const { relation, entry } of rows) this.learn(relation, entry);
    return rows.map(({ relation, operation, entry }) => ({
      relation,
      operation,
      owner: this.ownerOf(relation, entry),
    }));
  }

  /** Puts everything back as it was at the beginning. `changes`: what {@link Journal.take} told since then. */
  async restore(changes: readonly RowChange[]): Promise<void> {
    const touched = new Set(changes.map(({ relation }) => relation));
    if (touched.size === 0) return;
    // The presence of a device that was made goes with it.
    if (touched.has('device')) for (const table of RESTORED_WITH_DEVICES) touched.add(table);
    const copies = [...touched].map(
      (table) =>
        `DELETE FROM public.${table}; INSERT INTO public.${table} OVERRIDING SYSTEM VALUE SELECT * FROM fuzz.kept_${table};`,
    );
    // As a replica Postgres fires no trigger and asks for no foreign key. Should the server write a last-seen time just then,
    // it is this that gives way, and not the server, whose complaint would count.
    const text = `BEGIN; SET LOCAL session_replication_role = replica; SET LOCAL deadlock_timeout = '50ms';
      ${copies.join(' ')} COMMIT`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.client.query(text);
        return;
      } catch (error) {
        await this.client.query('ROLLBACK');
        if (attempt === MOST_ATTEMPTS || (error as { code?: string }).code !== DEADLOCK) throw error;
      }
    }
  }

  private async watch(table: string): Promise<void> {
    await this.client.query(`CREATE UNLOGGED TABLE fuzz.kept_${table} AS SELECT * FROM public.${table}`);
    if (UNWATCHED.includes(table)) return;
    await this.client.query(`
      CREATE TRIGGER fuzz_note AFTER INSERT OR ${UPDATES[table] ?? 'UPDATE'} OR DELETE ON public.${table}
        FOR EACH ROW EXECUTE FUNCTION fuzz.note('${table}');
      CREATE TRIGGER fuzz_note_truncation AFTER TRUNCATE ON public.${table}
        FOR EACH STATEMENT EXECUTE FUNCTION fuzz.note_truncation('${table}')`);
  }

  private async learnNames(): Promise<void> {
    for (const relation of ['device', 'action']) {
      const { rows } = await this.client.query<{ id: string; controller_id: string }>(
        `SELECT id, controller_id FROM ${relation}`,
      );
      for (const row of rows) this.learn(relation, row);
    }
  }

  private learn(relation: string, { id, controller_id: name }: Readonly<Record<string, unknown>>): void {
    if (relation === 'device') this.deviceNames.set(String(id), String(name));
    if (relation === 'action') this.actionNames.set(String(id), String(name));
  }

  private ownerOf(relation: string, entry: Entry['entry']): string | undefined {
    if (typeof entry['controller_id'] === 'string') return entry['controller_id'];
    if (relation === 'event') return this.subjectOf(String(entry['subject']));
    const { device_id: deviceId, action_id: actionId } = entry;
    // As JSON, ids of bigint columns are numbers.
    if (typeof deviceId === 'number') return this.deviceNames.get(String(deviceId));
    return typeof actionId === 'number' ? this.actionNames.get(String(actionId)) : undefined;
  }

  private subjectOf(subject: string): string | undefined {
    const at = subject.indexOf(':');
    const [kind, name] = [subject.slice(0, at), subject.slice(at + 1)];
    return kind === 'action' ? this.actionNames.get(name) : kind === 'device' ? name : undefined;
  }
}
