/** The unprivileged account that runs Postgres when Rookery itself runs as root; Postgres refuses root. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}
