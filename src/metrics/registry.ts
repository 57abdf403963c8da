import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { declarations, type LabelsOf, type MetricName, type NamesOf, prefix } from './declarations.ts';

/** Seconds that runs take: from one that finds nothing to the first night with a large mailbox. */
const durationBuckets = [1, 5, 15, 60, 300, 900, 3600, 14_400];

type Labels<N extends MetricName> = Readonly<Record<LabelsOf<N>, string>>;
type AnyLabels = Readonly<Record<string, string>>;

/** The declared metrics in a prom-client registry of their own, by name. */
export class DeclaredMetrics {
  readonly registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  /** Label sets in use, by metric. */
  readonly #series = new Map<string, Map<string, AnyLabels>>();

  constructor() {
    for (const [name, { type, help, labels }] of Object.entries(declarations)) {
      const config = { name: `${prefix}${name}`, help, labelNames: labels, registers: [this.registry] };
      if (type === 'counter') this.#counters.set(name, new Counter(config));
      else if (type === 'gauge') this.#gauges.set(name, new Gauge(config));
      else this.#histograms.set(name, new Histogram({ ...config, buckets: durationBuckets }));
      this.#series.set(name, new Map());
    }
  }

  /** CPU, memory, garbage collection and the delay of the event loop, under their customary names. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    // Gauges that are named like counters: promtool refuses them.
    for (const what of ['resources', 'handles', 'requests']) {
      this.registry.removeSingleMetric(`nodejs_active_${what}`);
      this.registry.removeSingleMetric(`nodejs_active_${what}_total`);
    }
  }

  /** Adding 0 makes the series exist. */
  add<N extends NamesOf<'counter'>>(name: N, labels: Labels<N>, by: number): void {
    this.#note(name, labels);
    this.#counters.get(name)?.inc(labels, by);
  }

  set<N extends NamesOf<'gauge'>>(name: N, labels: Labels<N>, value: number): void {
    this.#note(name, labels);
    this.#gauges.get(name)?.set(labels, value);
  }

  observe<N extends NamesOf<'histogram'>>(name: N, labels: Labels<N>, value: number): void {
    this.#note(name, labels);
    this.#histograms.get(name)?.observe(labels, value);
  }

  /** The series exists from now on, without an observation if it is new. */
  begin<N extends NamesOf<'histogram'>>(name: N, labels: Labels<N>): void {
    if (this.#note(name, labels)) this.#histograms.get(name)?.zero(labels);
  }

  /** Removes the series, if there is one. */
  drop<N extends NamesOf<'gauge'>>(name: N, labels: Labels<N>): void {
    this.#series.get(name)?.delete(JSON.stringify(labels));
    this.#gauges.get(name)?.remove(labels);
  }

  /** Forgets all series that have this label value, e.g. of a policy that was removed. */
  forget(label: 'policy' | 'server' | 'store', value: string): void {
    for (const [name, known] of this.#series) {
      for (const [key, labels] of known) {
        if (labels[label] !== value) continue;
        known.delete(key);
        for (const metrics of [this.#counters, this.#gauges, this.#histograms])
          metrics.get(name)?.remove(labels);
      }
    }
  }

  /** True when the series is new. */
  #note(name: string, labels: AnyLabels): boolean {
    const key = JSON.stringify(labels);
    const known = this.#series.get(name);
    if (known === undefined || known.has(key)) return false;
    known.set(key, labels);
    return true;
  }
}
