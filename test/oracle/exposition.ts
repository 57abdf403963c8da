/** One series of the Prometheus text format 0.0.4, read without the product's help. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?/gy;

/** All series of an exposition. @throws Error for a line that is none. */
export function samplesOf(text: string): readonly Sample[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the text does not end with a line feed');
  return text
    .split('\n')
    .filter((one) => one !== '' && !one.startsWith('#'))
    .map((one) => {
      const [, name, inner = '', value] = line.exec(one) ?? [];
      if (name === undefined) throw new Error(`not a series: ${one}`);
      return { name, labels: labelsOf(inner), value: Number(value) };
    });
}

/** The value of the only series with this name and at least these labels; null when there is none. */
export function valueOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | null {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length > 1) throw new Error(`${found.length} series are ${name} ${JSON.stringify(labels)}`);
  return found[0]?.value ?? null;
}

function labelsOf(inner: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  label.lastIndex = 0;
  let end = 0;
  for (let match = label.exec(inner); match !== null; match = label.exec(inner)) {
    const [, key = '', value = ''] = match;
    found[key] = value.replace(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char));
    end = label.lastIndex;
  }
  if (end !== inner.length) throw new Error(`not labels: ${inner}`);
  return found;
}
