// One item as a whole, to be read and changed: as DynamoDB JSON, or as plain JSON where it has that form.
import { html, useEffect, useRef, useState } from "../html.js";
import { call } from "../api.js";
import { bytes } from "../format.js";
import { Choice, CopyButton, Dialog } from "../parts/controls.js";
import { Failure } from "../parts/notices.js";

export function Editor({ about, shape, itemKey, close, done }) {
  const [before, setBefore] = useState(null);
  const [text, setText] = useState(null);
  const [form, setForm] = useState("plain");
  const [size, setSize] = useState(null);
  const [error, setError] = useState(null);
  const [isSure, setSure] = useState(false);
  const table = shape.name;

  const attempt = async (step) => {
    setError(null);
    try {
      await step();
    } catch (caught) {
      setError(caught);
    }
  };
  const load = async () => {
    if (!itemKey) {
      setText(JSON.stringify(Object.fromEntries(shape.key.map(([name, type]) => [name, type === "N" ? 0 : ""])), null, 2));
      return;
    }
    const answer = await call("items.get", { table, key: itemKey });
    if (answer.wire === null) throw new Error("The item is not there any more.");
    setBefore(answer.wire);
    setSize(answer.bytes);
    setForm(answer.plain === null ? "wire" : "plain");
    setText(answer.plain === null ? answer.wire : answer.plain);
  };
  const area = useRef(null);
  useEffect(() => void attempt(load), []);
  useEffect(() => {
    if (!area.current) return;
    area.current.setSelectionRange(0, 0);
    area.current.focus();
  }, [text === null]);
  const turn = (wanted) => wanted !== form && attempt(async () => {
    setText((await call("items.convert", { text, form })).text);
    setForm(wanted);
  });
  const unchanged = itemKey ? { before, key: itemKey } : {};
  const save = (event) => {
    event.preventDefault();
    attempt(async () => {
      await call("items.put", { table, text, form, ...unchanged });
      done();
    });
  };
  const remove = () => (isSure ? attempt(async () => {
    await call("items.delete", { table, ...unchanged });
    done();
  }) : setSure(true));
  return html`<${Dialog} title=${itemKey ? "Item" : "New item"} close=${close} wide>
    <form class="editor" onSubmit=${save}>
      <div class="bar"><${Choice} label="Form" value=${form} choose=${turn} options=${[["plain", "Plain JSON"], ["wire", "DynamoDB JSON"]]} />
        ${size !== null && html`<span class="aside">${bytes(size)}</span>`}${text !== null && html`<${CopyButton} text=${text}>Copy<//>`}</div>
      ${text === null ? !error && html`<p class="faint">Loading.</p>` : html`<textarea ref=${area} class="mono" aria-label="The item" rows="18" readonly=${about.is_read_only} value=${text} onInput=${(event) => setText(event.target.value)} spellcheck=${false}></textarea>`}
      <${Failure} error=${error} />
      ${!about.is_read_only && html`<div class="ends">
        ${itemKey && html`<button type="button" class="danger" onClick=${remove}>${isSure ? "Delete it for good" : "Delete"}</button>`}
        <span class="grows"></span><button type="button" onClick=${close}>Cancel</button><button class="primary" disabled=${text === null}>Save</button>
      </div>`}
    </form>
  <//>`;
}
