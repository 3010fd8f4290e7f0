/** A database's address, taken apart. */

/** Fields, not a string, because the pg instrumentation reads its metric labels from them. */
export function connectionFields(url: string) {
  const { hostname, port, pathname, username, password } = new URL(url);
  return {
    host: decodeURIComponent(hostname),
    port: port ? Number(port) : 5432,
    database: decodeURIComponent(pathname.slice(1)),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}
