/** A backup cannot be made or restored, in words for the operator. */
export class BackupError extends Error {}

/** All of the backup is there, but in an older schema, which could not be brought up to date. */
export class UnmigratedError extends BackupError {}
