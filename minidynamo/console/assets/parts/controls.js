// Controls that several pages have: a choice of a table, tabs, dialogs, pages of a list, copying.
import { html, useEffect, useRef, useState } from "../html.js";
import { call, useAnswer } from "../api.js";
import { count } from "../format.js";

let numbers = 0;
export const useId = (name) => useState(() => `${name}-${++numbers}`)[0];

// A text that is being typed, begun anew when what it stands for is another.
export function useDraft(value) {
  const [known, setKnown] = useState(value);
  const [text, setText] = useState(value);
  if (value !== known) {
    setKnown(value);
    setText(value);
  }
  return [value === known ? text : value, setText];
}

// A table by its name, with those offered that hold what has been typed: there may be ten thousand.
export function TablePicker({ value, choose }) {
  const id = useId("tables");
  const [text, setText] = useDraft(value);
  const wanted = text === value ? "" : text;
  const [answer] = useAnswer(() => call("tables.names", { filter: wanted }), [wanted]);
  const names = answer ? answer.names : [];
  const isName = text !== value && names.includes(text);
  useEffect(() => void (isName && choose(text)), [isName]);
  return html`<label class="field picker">Table
    <input list=${id} value=${text} onInput=${(event) => setText(event.target.value)} onChange=${(event) => choose(event.target.value)} placeholder=${answer ? `one of ${count(answer.all)}` : ""} autocomplete="off" spellcheck=${false} />
    <datalist id=${id}>${names.map((each) => html`<option key=${each} value=${each} />`)}</datalist>
  </label>`;
}

// One of a few, as a row of buttons.
export function Choice({ label, options, value, choose }) {
  return html`<div class="choice" role="group" aria-label=${label}>
    ${options.map(([each, text]) => html`<button key=${each} type="button" aria-pressed=${each === value} onClick=${() => choose(each)}>${text}</button>`)}
  </div>`;
}

// A dialog above the page; Escape closes it, and the focus goes back to where it was.
export function Dialog({ title, close, children, wide }) {
  const dialog = useRef(null);
  const id = useId("dialog");
  useEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element.showModal();
    return () => {
      element.close();  // As long as it is open, nothing else takes the focus.
      if (before.isConnected) before.focus();
    };
  }, []);
  return html`<dialog ref=${dialog} class=${wide ? "wide" : ""} aria-labelledby=${id} onClose=${close} onCancel=${close}>
    <div class="dialog-top"><h2 id=${id}>${title}</h2><button type="button" class="quiet" aria-label="Close" onClick=${close}>✕</button></div>
    ${children}
  </dialog>`;
}

export function Pager({ start, size, found, turn, label }) {
  if (found <= size) return null;
  const last = Math.min(start + size, found);
  return html`<nav class="pager" aria-label=${label}>
    <button type="button" disabled=${start === 0} onClick=${() => turn(Math.max(0, start - size))}>Previous</button>
    <span>${count(start + 1)}–${count(last)} of ${count(found)}</span>
    <button type="button" disabled=${last >= found} onClick=${() => turn(start + size)}>Next</button>
  </nav>`;
}

export function CopyButton({ text, children }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    const value = typeof text === "function" ? text() : text;
    await navigator.clipboard.writeText(value);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return html`<button type="button" class="quiet" onClick=${copy}>${isDone ? "Copied" : children}</button>`;
}
