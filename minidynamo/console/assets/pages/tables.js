// Tables: what is here, what grows, which index is dead?
import { html, useRef, useState } from "../html.js";
import { call, useAnswer, useNews } from "../api.js";
import { bytes, count, plural, units } from "../format.js";
import { Sparkline } from "../parts/charts.js";
import { Dialog, Pager } from "../parts/controls.js";
import { Code, Empty, Failure, Heading } from "../parts/notices.js";
import { addressOf } from "../place.js";

const SIZE = 50;
const SAMPLES = 40;

export function Tables({ about }) {
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState("name");
  const [start, setStart] = useState(0);
  const [dialog, setDialog] = useState(null);
  const samples = useRef(new Map());
  const ask = async () => {
    const answer = await call("tables.list", { filter, order, start, count: SIZE });
    answer.tables.forEach((each) => sample(samples.current, each));
    return answer;
  };
  const [answer, error, again, refresh] = useAnswer(ask, [filter, order, start]);
  useNews("", () => document.visibilityState === "visible" && refresh());
  const changed = () => {
    setDialog(null);
    again();
  };
  const search = (event) => {
    setFilter(event.target.value);
    setStart(0);
  };
  return html`
    <${Heading} title="Tables" question="What is here, what grows, which index is dead?">
      ${!about.is_read_only && html`<button type="button" class="primary" onClick=${() => setDialog({ kind: "new" })}>New table</button>`}
    <//>
    <${Failure} error=${error} />
    ${answer && answer.all === 0 && html`<${NoTables} />`}
    ${answer && answer.all > 0 && html`
      <div class="bar">
        <label class="field grows">Find<input type="search" value=${filter} onInput=${search} placeholder="part of a name" /></label>
        <label class="field">Order<select value=${order} onChange=${(event) => { setOrder(event.target.value); setStart(0); }}>
          <option value="name">name</option><option value="items">most items</option>
          <option value="bytes">largest</option><option value="units">most units</option>
        </select></label>
        <span class="aside" role="status">${plural(answer.found, "table")}</span>
      </div>
      ${answer.found === 0 ? html`<${Empty} title="No table has that in its name">Clear the field above to see all ${count(answer.all)}.<//>` : html`
        <div class="scroll"><table class="list tables">
          <caption class="hidden">Tables and their indexes</caption>
          <thead><tr><th scope="col">Name</th><th scope="col" class="number">Items</th><th scope="col" class="number">Size</th>
            <th scope="col" class="number">Units read</th><th scope="col" class="number">written</th><th scope="col">Lately</th>
            <th scope="col">Stream</th><th scope="col">Expires by</th><th scope="col">State</th>
            ${!about.is_read_only && html`<th scope="col"><span class="hidden">Actions</span></th>`}</tr></thead>
          <tbody>${answer.tables.map((each) => html`<${TableRows} key=${each.name} table=${each} samples=${samples.current.get(each.name)}
            remove=${about.is_read_only ? null : () => setDialog({ kind: "delete", name: each.name })} />`)}</tbody>
        </table></div>`}
      <${Pager} start=${start} size=${SIZE} found=${answer.found} turn=${setStart} label="Pages of tables" />`}
    ${dialog && dialog.kind === "new" && html`<${NewTable} close=${() => setDialog(null)} done=${changed} />`}
    ${dialog && dialog.kind === "delete" && html`<${DeleteTable} name=${dialog.name} close=${() => setDialog(null)} done=${changed} />`}
  `;
}

// Keeps what a table has come to, look by look, so that the page can tell what grows.
function sample(samples, table) {
  const total = table.read == null ? null : [table, ...table.indexes].reduce((sum, each) => sum + (each.read || 0) + (each.written || 0), 0);
  const known = samples.get(table.name) || { items: table.items, totals: [] };
  known.totals = [...known.totals, total].slice(-SAMPLES);
  samples.set(table.name, known);
}

function TableRows({ table, samples, remove }) {
  const totals = samples ? samples.totals : [];
  const steps = totals.slice(1).map((each, index) => Math.max(0, each - totals[index]));
  const grown = samples ? table.items - samples.items : 0;
  return html`
    <tr>
      <th scope="row"><a href=${addressOf("items", { table: table.name })}>${table.name}</a><span class="keys">${table.key.map(([name, type]) => `${name} ${type}`).join(", ")}</span></th>
      <td class="number">${count(table.items)}${grown !== 0 && html` <span class="grown" title="since this page was opened">${grown > 0 ? "+" : "−"}${count(Math.abs(grown))}</span>`}</td>
      <td class="number">${bytes(table.bytes)}</td>
      <td class="number">${units(table.read)}</td><td class="number">${units(table.written)}</td>
      <td><${Sparkline} values=${steps} label="units lately" /></td>
      <td>${table.stream ? table.stream.toLowerCase().replaceAll("_", " ") : html`<span class="faint">off</span>`}</td>
      <td>${table.expires || html`<span class="faint">never</span>`}</td>
      <td>${table.status.toLowerCase()}<span class="keys">${table.billing}</span></td>
      ${remove && html`<td><button type="button" class="quiet" onClick=${remove} aria-label=${`Delete ${table.name}`}>Delete</button></td>`}
    </tr>
    ${table.indexes.map((each) => html`<tr class="index" key=${each.name}>
      <th scope="row"><a href=${addressOf("items", { table: table.name, index: each.name })}>${each.name}</a><span class="keys">${each.key.map(([name, type]) => `${name} ${type}`).join(", ")}</span></th>
      <td class="number">${count(each.items)}</td><td class="number">${bytes(each.bytes)}</td>
      <td class="number">${units(each.read)}</td><td class="number">${units(each.written)}</td>
      <td>${each.is_dead && html`<span class="badge warn" title="It is written with every item, and no request has read it since the start">never read</span>`}</td>
      <td class="faint" colspan="2">${each.kind} index · ${each.projection.toLowerCase().replaceAll("_", " ")}</td><td>${each.status.toLowerCase()}</td>${remove && html`<td></td>`}
    </tr>`)}`;
}

function NoTables() {
  return html`<${Empty} title="There are no tables yet">
    <p>Make one here with <em>New table</em>, or from a program:</p>
    <${Code}>${`client = boto3.client("dynamodb", endpoint_url="${location.origin}")\nclient.create_table(TableName="Shop", …)`}<//>
  <//>`;
}

function NewTable({ close, done }) {
  const [error, setError] = useState(null);
  const create = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    try {
      await call("tables.create", values);
      done();
    } catch (caught) {
      setError(caught);
    }
  };
  const types = html`<option value="S">text</option><option value="N">number</option><option value="B">binary</option>`;
  return html`<${Dialog} title="New table" close=${close}>
    <form onSubmit=${create}>
      <label class="field">Name<input name="table" required autofocus spellcheck=${false} /></label>
      <div class="bar"><label class="field grows">Partition key<input name="partition_key" required value="pk" spellcheck=${false} /></label><label class="field">Type<select name="partition_type">${types}</select></label></div>
      <div class="bar"><label class="field grows">Sort key, if any<input name="sort_key" spellcheck=${false} /></label><label class="field">Type<select name="sort_type">${types}</select></label></div>
      <${Failure} error=${error} />
      <div class="ends"><button type="button" onClick=${close}>Cancel</button><button class="primary">Create</button></div>
    </form>
  <//>`;
}

function DeleteTable({ name, close, done }) {
  const [error, setError] = useState(null);
  const [typed, setTyped] = useState("");
  const remove = async (event) => {
    event.preventDefault();
    try {
      await call("tables.delete", { table: name, typed });
      done();
    } catch (caught) {
      setError(caught);
    }
  };
  return html`<${Dialog} title=${`Delete ${name}`} close=${close}>
    <form onSubmit=${remove}>
      <p>All its items and indexes go with it. There is no way back but a snapshot taken before.</p>
      <label class="field">Type ${name} to delete it<input value=${typed} onInput=${(event) => setTyped(event.target.value)} autofocus spellcheck=${false} /></label>
      <${Failure} error=${error} />
      <div class="ends"><button type="button" onClick=${close}>Cancel</button><button class="danger" disabled=${typed !== name}>Delete the table</button></div>
    </form>
  <//>`;
}
