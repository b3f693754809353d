// The form of a query, made from the key of the table or index, and the box for statements.
import { html } from "../html.js";
import { FILTERS, LIMITS, OPERATORS, keyOf } from "./request.js";

const TYPES = [["S", "text"], ["N", "number"], ["BOOL", "true or false"], ["NULL", "null"], ["B", "binary (base64)"]];
const KEY_TYPES = { S: "text", N: "number", B: "binary (base64)" };

export function QueryForm({ form, shape, change }) {
  const set = (values) => change({ ...form, ...values });
  const key = keyOf(shape, form.index);
  return html`
    <div class="bar">
      <label class="field">Read from<select value=${form.index} onChange=${(event) => set({ index: event.target.value })}>
        <option value="">the table</option>
        ${shape.indexes.map((each) => html`<option key=${each.name} value=${each.name}>${each.name} (${each.kind} index)</option>`)}
      </select></label>
      ${form.mode === "query" && key.map(([name, type, role]) => role === "HASH"
        ? html`<label class="field grows" key=${name}><span>${name} <span class="faint">${KEY_TYPES[type]}</span></span><input value=${form.keys[name] || ""} onInput=${(event) => set({ keys: { ...form.keys, [name]: event.target.value } })} required spellcheck=${false} /></label>`
        : html`<${SortKey} key=${name} name=${name} type=${type} form=${form} set=${set} />`)}
    </div>
    ${form.filters.map((each, index) => html`<${Filter} key=${index} filter=${each} number=${index + 1}
      change=${(values) => set({ filters: form.filters.map((other, place) => (place === index ? { ...other, ...values } : other)) })}
      remove=${() => set({ filters: form.filters.filter((_, place) => place !== index) })} />`)}
    <div class="bar options">
      <button type="button" class="quiet" onClick=${() => set({ filters: [...form.filters, { attribute: "", operator: "=", type: "S", value: "", other: "" }] })}>Add a filter</button>
      ${form.mode === "query" && html`<label class="check"><input type="checkbox" checked=${form.descending} onChange=${(event) => set({ descending: event.target.checked })} />last first</label>`}
      ${!form.index && html`<label class="check"><input type="checkbox" checked=${form.consistent} onChange=${(event) => set({ consistent: event.target.checked })} />strongly consistent</label>`}
      <label class="check">at most <select value=${form.limit} onChange=${(event) => set({ limit: Number(event.target.value) })}>${LIMITS.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select> a page</label>
    </div>`;
}

function SortKey({ name, type, form, set }) {
  const change = (event) => set({ keys: { ...form.keys, [name]: event.target.value } });
  return html`<fieldset class="field grows joined"><legend>${name} <span class="faint">${KEY_TYPES[type]}, may be left open</span></legend>
    <select aria-label=${`${name}, how`} value=${form.operator} onChange=${(event) => set({ operator: event.target.value })}>${OPERATORS.filter(([each]) => type !== "N" || each !== "begins_with").map(([each, text]) => html`<option key=${each} value=${each}>${text}</option>`)}</select>
    <input aria-label=${name} value=${form.keys[name] || ""} onInput=${change} spellcheck=${false} />
    ${form.operator === "BETWEEN" && html`<span>and</span><input aria-label=${`${name}, up to`} value=${form.other} onInput=${(event) => set({ other: event.target.value })} spellcheck=${false} />`}
  </fieldset>`;
}

function Filter({ filter, number, change, remove }) {
  const isBare = filter.operator.startsWith("attribute_");
  return html`<fieldset class="field joined filter"><legend>Filter ${number}</legend>
    <input aria-label="Attribute" placeholder="attribute" value=${filter.attribute} onInput=${(event) => change({ attribute: event.target.value })} spellcheck=${false} />
    <select aria-label="How" value=${filter.operator} onChange=${(event) => change({ operator: event.target.value })}>${FILTERS.map(([each, text]) => html`<option key=${each} value=${each}>${text}</option>`)}</select>
    ${!isBare && html`<select aria-label="Type" value=${filter.type} onChange=${(event) => change({ type: event.target.value })}>${TYPES.map(([each, text]) => html`<option key=${each} value=${each}>${text}</option>`)}</select>
      <input aria-label="Value" placeholder="value" value=${filter.value} onInput=${(event) => change({ value: event.target.value })} spellcheck=${false} />`}
    ${filter.operator === "BETWEEN" && html`<span>and</span><input aria-label="Up to" value=${filter.other} onInput=${(event) => change({ other: event.target.value })} spellcheck=${false} />`}
    <button type="button" class="quiet" aria-label=${`Remove filter ${number}`} onClick=${remove}>✕</button>
  </fieldset>`;
}

export function StatementForm({ form, change }) {
  return html`<label class="field">Statement
    <textarea rows="3" class="mono" value=${form.statement} onInput=${(event) => change({ ...form, statement: event.target.value })} spellcheck=${false}></textarea>
  </label>`;
}
