// Cost: what do requests cost, where, and what would be cheaper?
import { html, useRef, useState } from "../html.js";
import { call, useAnswer, useNews } from "../api.js";
import { count, money, percent, plural, units } from "../format.js";
import { Choice } from "../parts/controls.js";
import { Code, Empty, Failure, Heading } from "../parts/notices.js";

const SECONDS_A_MONTH = 30.4 * 24 * 3600;
const GROUPS = [["all", "All"], ["operation", "Operation"], ["table", "Table"], ["index", "Index"], ["place", "Place"], ["key", "Key"]];

export function Cost() {
  const [by, setBy] = useState("all");
  const [rate, setRate] = useState(40);
  const [comparison, setComparison] = useState(null);
  const [failure, setFailure] = useState(null);
  const file = useRef(null);
  const [answer, error, again, refresh] = useAnswer(() => call("cost.see", { by }), [by]);
  useNews("cost", () => refresh());
  const attempt = async (step) => {
    setFailure(null);
    try {
      await step();
    } catch (caught) {
      setFailure(caught);
    }
  };
  const save = () => attempt(async () => download("dynamodb-ledger.json", (await call("cost.save")).text));
  const compare = (event) => attempt(async () => {
    const chosen = event.target.files[0];
    event.target.value = "";
    let saved;
    try {
      saved = JSON.parse(await chosen.text());
    } catch {
      throw new Error(`${chosen.name} is no ledger: choose a file that was saved here.`);
    }
    setComparison((await call("cost.compare", { saved })).text);
  });
  const reset = () => attempt(async () => {
    await call("cost.reset");
    setComparison(null);
    again();
  });
  return html`
    <${Heading} title="Cost" question="What do requests cost, where, and what would be cheaper?">
      <button type="button" onClick=${save}>Save</button>
      <button type="button" onClick=${() => file.current.click()}>Compare with…</button>
      <input ref=${file} type="file" accept=".json,application/json" class="hidden" tabindex="-1" aria-label="A saved ledger" onChange=${compare} />
      <button type="button" onClick=${reset}>Start again</button>
    <//>
    <${Failure} error=${error || failure} />
    ${answer && answer.calls === 0 && html`<${Empty} title="Waiting for requests">The ledger counts while a page that needs it is open, from now on. Run your program or your tests.<//>`}
    ${answer && answer.calls > 0 && html`
      <dl class="totals"><div><dt>requests</dt><dd>${count(answer.calls)}</dd></div><div><dt>units read</dt><dd>${units(answer.read_units)}</dd></div><div><dt>units written</dt><dd>${units(answer.write_units)}</dd></div><div><dt>on demand</dt><dd>${money(answer.dollars)}</dd></div></dl>
      <${Advice} advice=${answer.advice} />
      <div class="bar"><${Choice} label="By" value=${by} choose=${setBy} options=${GROUPS} />
        ${by !== "key" && html`<label class="check aside">at <input type="number" class="short" min="0" step="any" value=${rate} onInput=${(event) => setRate(Number(event.target.value) || 0)} /> such requests a second</label>`}</div>
      ${by === "key" ? html`<${Keys} rows=${answer.rows} />` : html`<${Rows} rows=${answer.rows} by=${by} rate=${rate} />`}
      <p class="faint">${answer.all > answer.rows.length && `${count(answer.rows.length)} of ${plural(answer.all, "line")} are shown. `}Prices of ${answer.region}, on demand, as of ${answer.prices}.</p>`}
    ${comparison && html`<section><h2>Compared with what was saved</h2><${Code}>${comparison}<//></section>`}
  `;
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function Advice({ advice }) {
  if (!advice.length) return html`<p class="fine">Nothing to advise so far.</p>`;
  return html`<section class="advice" aria-label="Advice"><h2>Advice</h2><ul class="plain">${advice.map((each, index) => html`<li key=${index}><span class="badge warn">${each.rule}</span> ${each.place && html`<code>${each.place}</code> `}${each.text}${each.units_saved > 0 && html` <strong>saves ${units(each.units_saved)} units</strong>`}</li>`)}</ul></section>`;
}

function Rows({ rows, by, rate }) {
  const has = (name) => by === "all" || by === name || (by === "index" && name === "table");
  const most = Math.max(...rows.map((each) => each.dollars), 1e-12);
  return html`<div class="scroll"><table class="list costs"><caption class="hidden">What requests have cost, dearest first</caption>
    <thead><tr>${has("operation") && html`<th scope="col">Operation</th>`}${has("table") && html`<th scope="col">Table</th>`}${has("index") && html`<th scope="col">Index</th>`}${has("place") && html`<th scope="col">Place</th>`}
      <th scope="col" class="number">Calls</th><th scope="col" class="number">Read</th><th scope="col" class="number">Written</th><th scope="col" class="number">Items read</th><th scope="col" class="number">kept</th><th scope="col" class="number">$ a million</th><th scope="col" class="number">$ a month</th><th scope="col"><span class="hidden">Share</span></th></tr></thead>
    <tbody>${rows.map((each, index) => html`<tr key=${index}>${has("operation") && html`<td><strong>${each.operation}</strong></td>`}${has("table") && html`<td>${each.table}</td>`}${has("index") && html`<td>${each.index || html`<span class="faint">table</span>`}</td>`}${has("place") && html`<td>${each.place ? html`<code>${each.place}</code>` : html`<span class="faint">elsewhere</span>`}</td>`}
      <td class="number">${count(each.calls)}${each.errors > 0 && html` <span class="warned">(${count(each.errors)} failed)</span>`}</td><td class="number">${units(each.read_units)}</td><td class="number">${units(each.write_units)}</td>
      <td class="number">${each.items_read ? count(each.items_read) : ""}</td><td class="number">${each.items_read ? count(each.items_kept) : ""}</td>
      <td class="number">${each.calls ? money((each.dollars / each.calls) * 1e6) : "–"}</td><td class="number">${each.calls ? money((each.dollars / each.calls) * rate * SECONDS_A_MONTH) : "–"}</td>
      <td><meter min="0" max=${most} value=${each.dollars} aria-hidden="true"></meter></td></tr>`)}</tbody></table></div>`;
}

function Keys({ rows }) {
  return html`<div class="scroll"><table class="list"><caption class="hidden">Keys that take the most units</caption><thead><tr><th scope="col">Key</th><th scope="col">Table</th><th scope="col">Index</th><th scope="col" class="number">Units</th><th scope="col" class="number">Share</th><th scope="col" class="number">may be less by</th></tr></thead>
    <tbody>${rows.map((each, index) => html`<tr key=${index}><th scope="row">${each.key}</th><td>${each.table}</td><td>${each.index || html`<span class="faint">table</span>`}</td><td class="number">${units(each.units)}</td><td class="number">${percent(each.share)}</td><td class="number">${units(each.error)}</td></tr>`)}</tbody></table></div>`;
}
