/** A process and all that it descends from, nearest first, as far as the rows know them. */
export function ancestryOf(rows: readonly { pid: number; parent: number }[], pid: number): number[] {
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  const line: number[] = [];
  for (let at: number | undefined = pid; at !== undefined && !line.includes(at); at = parents.get(at)) line.push(at);
  return line;
}
