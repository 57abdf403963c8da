/** How close to its limit an account is, for colours; the text beside it always says so too. */
export type Level = 'calm' | 'near' | 'full';

export function levelOf(percent: number): Level {
  if (percent >= 95) return 'full';
  return percent >= 80 ? 'near' : 'calm';
}
