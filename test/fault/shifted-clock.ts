/** Preloaded by `node --import`: the clock of the whole process, workers too, is off by so many days. */
const shift = Number(process.env['CLOCK_SHIFT_DAYS'] ?? 0) * 86_400_000;
const RealDate = Date;
const now = (): number => RealDate.now() + shift;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});
