/** An instant in milliseconds since the epoch as ClickHouse takes it for a DateTime64(3, 'UTC'). */
export function instantText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
}
