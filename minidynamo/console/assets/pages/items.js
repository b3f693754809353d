// Items: what does this query return, and what does it cost?
import { html, useEffect, useState } from "../html.js";
import { call, useAnswer } from "../api.js";
import { bytes, count, plural, units } from "../format.js";
import { Choice, CopyButton, TablePicker } from "../parts/controls.js";
import { Empty, Failure, Heading } from "../parts/notices.js";
import { go } from "../place.js";
import { Editor } from "../items/editor.js";
import { Explanation } from "../items/explanation.js";
import { QueryForm, StatementForm } from "../items/form.js";
import { keep, recall } from "../items/history.js";
import { emptyForm, requestOf } from "../items/request.js";
import { asBoto3, asCli, asJavaScript } from "../items/snippets.js";

export function Items({ about, place }) {
  const { table = "", index = "" } = place.values;
  const [shape, error] = useAnswer(() => (table ? call("tables.describe", { table }) : null), [table]);
  const choose = (name) => name !== table && go("items", { table: name });
  return html`
    <${Heading} title="Items" question="What does this query return, and what does it cost?"><//>
    ${!(shape && shape.name === table) && html`<div class="bar"><${TablePicker} value=${table} choose=${choose} /></div>`}
    <${Failure} error=${error} />
    ${!table && html`<${Empty} title="Choose a table"><p>Type part of its name above. A statement of PartiQL needs one as well, for its keys.</p><//>`}
    ${shape && shape.name === table && html`<${Asking} key=${table} about=${about} shape=${shape} index=${index} choose=${choose} />`}
  `;
}

function Asking({ about, shape, index, choose }) {
  const [form, setForm] = useState(() => emptyForm(shape, index));
  const [result, setResult] = useState(null);
  const [explanation, setExplanation] = useState(null);
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [opened, setOpened] = useState(null);
  const [asked, setAsked] = useState(null);

  const ask = async (start = null) => {
    setBusy(true);
    setError(null);
    try {
      const [operation, request] = requestOf(form, shape);
      const paged = { ...request, ...(start || {}) };
      const parameters = { operation, request: paged };
      if (form.mode === "statement" && !/^\s*select/i.test(form.statement)) {
        const answer = await call("items.write", { statement: form.statement });
        setResult({ items: [], columns: [], count: 0, scanned: 0, units: answer.units, written: true });
        setExplanation(null);
      } else {
        const [answer, explained] = await Promise.all([call("items.find", parameters), explain(about, parameters)]);
        setResult({ ...answer, page: start ? (result ? result.page : 1) + 1 : 1 });
        setExplanation(explained);
      }
      setAsked([operation, request]);
      if (!start) keep(shape.name, form);
    } catch (caught) {
      setError(caught);
      setResult(null);
      setExplanation(null);
    } finally {
      setBusy(false);
    }
  };
  const explainOnly = async () => {
    setError(null);
    setResult(null);
    try {
      const [operation, request] = requestOf(form, shape);
      setExplanation((await call("items.explain", { operation, request })).explanation);
      setAsked([operation, request]);
    } catch (caught) {
      setError(caught);
    }
  };
  useEffect(() => void ask(), []);
  const submit = (event) => {
    event.preventDefault();
    ask();
  };
  const next = result && (result.last_key ? { ExclusiveStartKey: result.last_key } : result.next_token ? { NextToken: result.next_token } : null);
  return html`
    <form class="query" onSubmit=${submit} onKeyDown=${(event) => event.key === "Enter" && event.ctrlKey && submit(event)}>
      <div class="bar">
        <${TablePicker} value=${shape.name} choose=${choose} />
        <${Choice} label="What to run" value=${form.mode} choose=${(mode) => setForm({ ...form, mode })} options=${[["query", "Query"], ["scan", "Scan"], ["statement", "PartiQL"]]} />
        <${Recall} table=${shape.name} choose=${setForm} />
      </div>
      ${form.mode === "statement" ? html`<${StatementForm} form=${form} change=${setForm} />` : html`<${QueryForm} form=${form} shape=${shape} change=${setForm} />`}
      <div class="bar">
        <button class="primary" disabled=${isBusy}>Run</button>
        ${about.can.explain && html`<button type="button" onClick=${explainOnly}>Explain only</button>`}
        ${!about.is_read_only && html`<button type="button" onClick=${() => setOpened({ key: null })}>New item</button>`}
        <span class="aside copies">${asked && html`Copy as <${CopyButton} text=${() => asBoto3(...asked)}>boto3<//> <${CopyButton} text=${() => asCli(...asked)}>CLI<//> <${CopyButton} text=${() => asJavaScript(...asked)}>JavaScript<//>`}</span>
      </div>
    </form>
    <${Failure} error=${error} />
    ${explanation && html`<${Explanation} explanation=${explanation} />`}
    ${result && html`<${Result} result=${result} open=${setOpened} />
      ${next && html`<nav class="pager" aria-label="Pages of the result"><button type="button" disabled=${isBusy} onClick=${() => ask(next)}>Next page</button><span>page ${count(result.page)}</span></nav>`}`}
    ${opened && html`<${Editor} about=${about} shape=${shape} itemKey=${opened.key} close=${() => setOpened(null)} done=${() => { setOpened(null); ask(); }} />`}
  `;
}

// What a request would read and cost; that it cannot be told is no reason not to show its items.
async function explain(about, parameters) {
  if (!about.can.explain) return null;
  try {
    return (await call("items.explain", parameters)).explanation;
  } catch {
    return null;
  }
}

function Recall({ table, choose }) {
  const kept = recall(table);
  if (!kept.length) return null;
  return html`<label class="field">Run before<select value="" onChange=${(event) => choose(kept[event.target.value].form)}>
    <option value="" disabled>${plural(kept.length, "query", "queries")}</option>
    ${kept.map((each, index) => html`<option key=${index} value=${index}>${each.title}</option>`)}
  </select></label>`;
}

function Result({ result, open }) {
  if (result.written) return html`<p class="done" role="status">Done: ${units(result.units)} write units.</p>`;
  const thrown = result.scanned - result.count;
  return html`
    <p class="summary" role="status"><strong>${plural(result.count, "item")}</strong>${thrown > 0 && html` of ${count(result.scanned)} read, ${count(thrown)} thrown away by the filter`} · ${units(result.units)} read units${result.more_columns > 0 && ` · ${plural(result.more_columns, "more attribute")} not shown`}</p>
    ${result.count === 0 ? html`<${Empty} title="Nothing fits">${result.last_key ? "This page is empty, and there are more: go to the next one." : "Change the key or the filter, or scan to see what there is."}<//>` : html`
    <div class="scroll"><table class="list items">
      <caption class="hidden">Items</caption>
      <thead><tr><th scope="col"><span class="hidden">Open</span></th>${result.columns.map((each) => html`<th scope="col" key=${each} class=${result.key_names.includes(each) ? "key" : ""}>${each}</th>`)}<th scope="col" class="number">Size</th></tr></thead>
      <tbody>${result.items.map((each, index) => html`<tr key=${each.id || index}>
        <td>${each.key && html`<button type="button" class="quiet" aria-label=${`Open item ${index + 1}`} onClick=${() => open({ key: each.key })}>Open</button>`}</td>
        ${result.columns.map((name) => html`<${Cell} key=${name} cell=${each.cells[name]} />`)}
        <td class="number faint">${bytes(each.bytes)}</td>
      </tr>`)}</tbody>
    </table></div>`}`;
}

export function Cell({ cell }) {
  if (!cell) return html`<td class="absent"></td>`;
  const [type, text, isCut] = cell;
  return html`<td class=${`value ${type}`} title=${isCut ? "Open the item to see all of it" : null}><span class="text">${text}${isCut && html`<span class="cut">…</span>`}</span>${type !== "S" && html`<abbr class="type" title=${TYPES[type]}>${type}</abbr>`}</td>`;
}

const TYPES = { N: "number", B: "binary", BOOL: "true or false", NULL: "null", M: "map", L: "list", SS: "set of texts", NS: "set of numbers", BS: "set of binary values" };
