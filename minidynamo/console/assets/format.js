// Numbers, sizes, times and money as people read them.
const WHOLE = new Intl.NumberFormat("en");
const FRACTION = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: "UTC" });

export const count = (value) => (value == null ? "–" : WHOLE.format(value));
export const units = (value) => (value == null ? "–" : FRACTION.format(value));
export const percent = (share) => `${FRACTION.format(share * 100)} %`;
export const clock = (seconds) => CLOCK.format(new Date(seconds * 1000));
export const day = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19);
export const plural = (number, one, many = one + "s") => `${count(number)} ${number === 1 ? one : many}`;

export function bytes(value) {
  if (value == null) return "–";
  let step = 0;
  for (; value >= 1024 && step < 4; step++) value /= 1024;
  return `${step ? FRACTION.format(value) : value} ${["B", "KB", "MB", "GB", "TB"][step]}`;
}

export function money(dollars) {
  if (dollars === 0) return "$0";
  if (dollars < 0.01) return `$${dollars.toLocaleString("en", { maximumSignificantDigits: 2 })}`;
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

export function span(seconds) {
  if (seconds == null) return "–";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${FRACTION.format(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${FRACTION.format(seconds / 3600)} h`;
}
