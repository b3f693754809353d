// Partitions: where is the heat, and what will split?
import { html, useRef, useState } from "../html.js";
import { call, useAnswer, useNews } from "../api.js";
import { bytes, clock, count, percent, plural, units } from "../format.js";
import { Histogram } from "../parts/charts.js";
import { TablePicker } from "../parts/controls.js";
import { Empty, Failure, Heading } from "../parts/notices.js";
import { go } from "../place.js";

const WINDOW_SECONDS = 60;
const LEVELS = [0, 1, 60, 600, 6000];
const SPLITS = 20;

export function Partitions({ place }) {
  const { table = "" } = place.values;
  const heat = useRef(new Heat());
  const ask = async () => {
    if (!table) return null;
    const answer = await call("partitions.see", { table });
    heat.current.note(table, answer.keyspaces);
    return answer;
  };
  const [answer, error, , refresh] = useAnswer(ask, [table]);
  useNews("cost", () => table && refresh());
  const splits = heat.current.splits;
  return html`
    <${Heading} title="Partitions" question="Where is the heat, and what will split?"><//>
    <div class="bar"><${TablePicker} value=${table} choose=${(name) => name !== table && go("partitions", { table: name })} /></div>
    <${Failure} error=${error} />
    ${!table && html`<${Empty} title="Choose a table">Its partitions and those of its indexes are shown with their load.<//>`}
    ${answer && table && html`
      <p class="legend-line">Width is size, colour is units a minute: ${LEVELS.map((each, level) => html`<span key=${each}><span class=${`swatch heat${level}`}></span>${level === 0 ? "none" : `from ${count(each)}`}</span>`)}</p>
      ${answer.keyspaces.map((each) => html`<${Keyspace} key=${each.index || ""} keyspace=${each} heat=${heat.current} />`)}
      <div class="halves">
        <section><h2>Top keys</h2><${TopKeys} keys=${answer.hot_keys} /></section>
        <section><h2>Sizes of items</h2>${answer.items === 0 ? html`<p class="faint">There are none yet.</p>` : html`
          <p class="faint">${answer.sampled < answer.items ? `of ${count(answer.sampled)} of ${count(answer.items)}, from every partition` : `of all ${count(answer.items)}`}</p>
          <${Sizes} sizes=${answer.sizes} />`}</section>
      </div>
      <section><h2>Splits</h2>${splits.length === 0 ? html`<p class="faint">None since this page was opened. A partition splits when it outgrows its size.</p>` : html`<ul class="plain">${splits.map((each) => html`<li key=${each.key}><time>${clock(each.time)}</time> ${each.index || "the table"} at ${percent(each.start)} of its range</li>`)}</ul>`}</section>`}
  `;
}

// Keeps the loads of the last minute, so that units a minute can be told, and notices new partitions.
class Heat {
  table = "";
  rows = new Map();
  splits = [];

  note(table, keyspaces) {
    if (table !== this.table) Object.assign(this, { table, rows: new Map(), splits: [] });
    const isFirst = this.rows.size === 0;
    const now = Date.now() / 1000;
    for (const { index, partitions } of keyspaces) {
      for (const each of partitions) {
        const key = `${index || ""} ${each.start}`;
        if (!this.rows.has(key) && !isFirst) this.splits = [{ key: `${key} ${now}`, time: now, index, start: each.start }, ...this.splits].slice(0, SPLITS);
        const known = (this.rows.get(key) || []).filter((one) => now - one.time < WINDOW_SECONDS);
        this.rows.set(key, [...known, { time: now, total: each.read + each.written }]);
      }
    }
  }

  // Units a minute; of less than a minute, as if it went on so.
  of(index, partition) {
    const known = this.rows.get(`${index || ""} ${partition.start}`) || [];
    if (known.length < 2) return 0;
    const [first, last] = [known[0], known[known.length - 1]];
    return (Math.max(0, last.total - first.total) / Math.max(1, last.time - first.time)) * 60;
  }
}

const levelOf = (heat) => LEVELS.reduce((level, each, index) => (heat > 0 && heat >= each ? Math.max(index, 1) : level), 0);

function Keyspace({ keyspace, heat }) {
  const [isOpen, setOpen] = useState(false);
  const total = keyspace.partitions.reduce((sum, each) => sum + each.bytes, 0);
  const name = keyspace.index || "Table";
  const near = keyspace.partitions.filter((each) => each.will_split).length;
  return html`<section class="keyspace">
    <h2>${name} <span class="faint">${plural(keyspace.partitions.length, "partition")}, ${bytes(total)}</span>${near > 0 && html` <span class="badge warn">${plural(near, "is", "are")} about to split</span>`}</h2>
    <div class="range" role="img" aria-label=${`Partitions of ${name} by size; the table below has their figures`}>
      ${keyspace.partitions.map((each) => html`<span key=${each.start} class=${`heat${levelOf(heat.of(keyspace.index, each))} ${each.will_split ? "near" : ""}`}
        style=${{ flexGrow: Math.max(each.bytes, total / 200, 1) }} title=${`${bytes(each.bytes)}, ${count(each.items)} items, ${units(heat.of(keyspace.index, each))} units a minute`}></span>`)}
    </div>
    <details onToggle=${(event) => setOpen(event.target.open)}><summary>Figures</summary>${isOpen && html`
      <div class="scroll"><table class="list"><caption class="hidden">Partitions of ${name}</caption><thead><tr><th scope="col">Range</th><th scope="col" class="number">Items</th><th scope="col" class="number">Size</th><th scope="col" class="number">of its size</th><th scope="col" class="number">Read</th><th scope="col" class="number">Written</th><th scope="col" class="number">a minute</th></tr></thead>
        <tbody>${keyspace.partitions.slice(0, 200).map((each) => html`<tr key=${each.start}><th scope="row">${percent(each.start)} – ${percent(each.stop)}</th><td class="number">${count(each.items)}</td><td class="number">${bytes(each.bytes)}</td><td class="number">${percent(each.bytes / each.bytes_max)}</td><td class="number">${units(each.read)}</td><td class="number">${units(each.written)}</td><td class="number">${units(heat.of(keyspace.index, each))}</td></tr>`)}</tbody></table></div>`}</details>
  </section>`;
}

function TopKeys({ keys }) {
  if (!keys.length) return html`<p class="faint">No request has named a key since this page was opened.</p>`;
  return html`<div class="scroll"><table class="list"><caption class="hidden">Keys that take the most units</caption><thead><tr><th scope="col">Key</th><th scope="col">Where</th><th scope="col" class="number">Units</th><th scope="col" class="number">Share</th></tr></thead>
    <tbody>${keys.map((each) => html`<tr key=${`${each.index} ${each.key}`}><th scope="row">${each.key}</th><td>${each.index || "table"}</td><td class="number">${units(each.units)}</td><td class="number">${percent(each.share)} <meter min="0" max="1" value=${each.share} aria-hidden="true"></meter></td></tr>`)}</tbody></table></div>`;
}

function Sizes({ sizes }) {
  const bars = sizes.map((each) => ({ name: bytes(each.up_to), value: each.count, text: count(each.count) }));
  const filled = bars.map((each) => each.value > 0);
  const [first, last] = [filled.indexOf(true), filled.lastIndexOf(true)];
  const shown = bars.slice(Math.max(0, Math.min(first, bars.length - 6)), Math.max(last + 1, Math.min(first, bars.length - 6) + 6));
  return html`<${Histogram} bars=${shown} label=${`Items by size: ${shown.filter((each) => each.value).map((each) => `${each.text} up to ${each.name}`).join(", ")}`} />`;
}
