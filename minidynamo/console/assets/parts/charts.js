// Small charts, as SVG: a line of late values, bars of a histogram.
import { html } from "../html.js";

export function Sparkline({ values, label }) {
  if (values.length < 2) return html`<svg class="spark" viewBox="0 0 80 20" aria-hidden="true"><line x1="0" y1="19" x2="80" y2="19" /></svg>`;
  const most = Math.max(...values, 1e-9);
  const step = 80 / (values.length - 1);
  const points = values.map((each, index) => `${(index * step).toFixed(1)},${(19 - (each / most) * 17).toFixed(1)}`);
  return html`<svg class="spark" viewBox="0 0 80 20" role="img" aria-label=${label}>
    <polygon points=${`0,19 ${points.join(" ")} 80,19`} /><polyline points=${points.join(" ")} />
  </svg>`;
}

// Bars with a name below and a number above each.
export function Histogram({ bars, label }) {
  const most = Math.max(...bars.map((each) => each.value), 1);
  const width = 640 / bars.length;
  return html`<svg class="histogram" viewBox="0 0 640 170" role="img" aria-label=${label}>
    ${bars.map(({ name, value, text }, index) => {
      const height = value ? Math.max(2, (value / most) * 118) : 0;
      const middle = index * width + width / 2;
      return html`<g key=${name}>
        <rect x=${index * width + 3} y=${142 - height} width=${width - 6} height=${height} rx="2" />
        ${value > 0 && html`<text x=${middle} y=${136 - height}>${text}</text>`}
        <text class="axis" x=${middle} y="160">${name}</text>
      </g>`;
    })}
    <line x1="0" y1="142.5" x2="640" y2="142.5" />
  </svg>`;
}
