// What pages say: that something failed, that there is nothing, what to do.
import { html } from "../html.js";

export function Failure({ error }) {
  if (!error) return null;
  return html`<p class="failure" role="alert">${error.code && html`<strong>${error.code}: </strong>`}${error.message}</p>`;
}

export function Empty({ title, children }) {
  return html`<div class="empty"><h2>${title}</h2><div>${children}</div></div>`;
}

export function Heading({ title, question, children }) {
  return html`<div class="heading"><div><h1>${title}</h1><p>${question}</p></div><div class="actions">${children}</div></div>`;
}

export function Code({ children }) {
  return html`<pre class="code" tabindex="0"><code>${children}</code></pre>`;
}
