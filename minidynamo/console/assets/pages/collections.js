// Collections: which entities share a key, and which pattern does each index serve?
import { html, useRef, useState } from "../html.js";
import { call, useAnswer, useNews } from "../api.js";
import { count, plural } from "../format.js";
import { TablePicker, useDraft } from "../parts/controls.js";
import { Empty, Failure, Heading } from "../parts/notices.js";
import { go } from "../place.js";
import { Editor } from "../items/editor.js";

const HUES = 8;

export function Collections({ about, place }) {
  const { table = "", key = "" } = place.values;
  const [text, setText] = useDraft(key);
  const [starts, setStarts] = useState({});
  const [opened, setOpened] = useState(null);
  const board = useRef(null);
  const ask = async () => {
    if (!table) return null;
    const [shape, seen] = await Promise.all([
      call("tables.describe", { table }),
      key ? call("collections.around", { table, key }) : call("collections.see", { table, start: starts }),
    ]);
    return { ...seen, shape };
  };
  const [answer, error, again] = useAnswer(ask, [table, key, starts]);
  useNews("cost", () => {});  // So that it is known whose code reads what.
  const entities = answer ? entitiesIn(answer.columns) : [];
  const around = (value) => go("collections", { table, key: value });
  const search = (event) => {
    event.preventDefault();
    around(text);
  };
  return html`
    <${Heading} title="Collections" question="Which entities share a key, and which pattern does each index serve?"><//>
    <form class="bar" onSubmit=${search}>
      <${TablePicker} value=${table} choose=${(name) => name !== table && go("collections", { table: name })} />
      ${answer && html`<label class="field grows">${answer.key[0][0]}, to see one collection and what lies around it<input value=${text} onInput=${(event) => setText(event.target.value)} spellcheck=${false} /></label>
        <button class="primary">Show</button>${key && html`<button type="button" onClick=${() => { setText(""); around(""); }}>All</button>`}`}
    </form>
    <${Failure} error=${error} />
    ${!table && html`<${Empty} title="Choose a table">Its item collections are shown beside those of its indexes.<//>`}
    ${answer && answer.columns[0].collections.length === 0 && html`<${Empty} title=${key ? "No item has this key" : "The table is empty"}>${key ? html`Go back to <a href=${`#/collections?table=${encodeURIComponent(table)}`}>all collections</a>.` : "What is written to it appears here."}<//>`}
    ${answer && answer.columns[0].collections.length > 0 && html`
      ${entities.length > 1 && html`<ul class="legend" aria-label="Entities">${entities.map((each, index) => html`<li key=${each}><span class=${`dot hue${index % HUES}`}></span>${each || "no entity"}</li>`)}</ul>`}
      <div class="board" ref=${board} onMouseOver=${(event) => light(board.current, event.target)} onfocusin=${(event) => light(board.current, event.target)} onMouseLeave=${() => light(board.current, null)}>
        ${answer.columns.map((column) => html`<${Column} key=${column.index || ""} column=${column} entities=${entities} around=${around} open=${setOpened}
          next=${column.next && !key ? () => setStarts({ ...starts, [column.index || ""]: column.next }) : null} />`)}
      </div>`}
    ${opened && html`<${Editor} about=${about} shape=${answer.shape} itemKey=${opened} close=${() => setOpened(null)} done=${() => { setOpened(null); again(); }} />`}
  `;
}

function entitiesIn(columns) {
  const found = new Set();
  columns.forEach((column) => column.collections.forEach((each) => each.items.forEach((item) => found.add(item.entity))));
  return [...found].sort();
}

// Lights an item up wherever it is, in the table and in every index.
function light(board, target) {
  if (!board) return;
  const item = target && target.closest("[data-id]");
  const id = item ? item.dataset.id : null;
  if (board.dataset.lit === (id || "")) return;
  board.dataset.lit = id || "";
  for (const each of board.querySelectorAll("[data-id]")) each.classList.toggle("lit", each.dataset.id === id);
}

function Column({ column, entities, around, open, next }) {
  const items = column.collections.reduce((sum, each) => sum + each.items.length, 0);
  return html`<section class="column" aria-label=${column.index || "the table"}>
    <h2>${column.index || "Table"} <span class="faint">${column.kind === "table" ? "" : `${column.kind} index`}</span></h2>
    <p class="keys">${[...column.partition_key, ...column.sort_key].join(" · ")}</p>
    ${column.places.length > 0 && html`<ul class="places" aria-label="Read and written by">${column.places.map((each) => html`<li key=${each.place + each.operation}><code>${each.place}</code> ${each.operation} ×${count(each.calls)}</li>`)}</ul>`}
    <p class="faint">${plural(column.collections.length, "collection")}, ${plural(items, "item")}</p>
    ${column.collections.map((each) => html`<${Card} key=${each.key} collection=${each} entities=${entities} around=${around} open=${open} />`)}
    ${next && html`<button type="button" onClick=${next}>More</button>`}
  </section>`;
}

function Card({ collection, entities, around, open }) {
  return html`<article class="card">
    <h3>${collection.value === null ? collection.key : html`<button type="button" class="quiet" title="Show what lies around it" onClick=${() => around(collection.value)}>${collection.key}</button>`}<span class="faint">${count(collection.items.length)}</span></h3>
    ${collection.places.length > 0 && html`<p class="places">${collection.places.map((each) => html`<code key=${each}>${each}</code> `)}</p>`}
    <ol>${collection.items.map((each) => html`<li key=${each.id}><button type="button" class=${`item hue${entities.indexOf(each.entity) % HUES}`} data-id=${each.id} onClick=${() => open(each.key)}>
      <span class="item-top"><strong>${each.sort || "–"}</strong>${each.entity && html`<span class="entity">${each.entity}</span>`}</span>
      <span class="attributes">${Object.entries(each.cells).map(([name, [, text, isCut]]) => html`<span key=${name}><i>${name}</i> ${text.slice(0, 40)}${(isCut || text.length > 40) && "…"}</span>`)}</span>
    </button></li>`)}</ol>
  </article>`;
}
