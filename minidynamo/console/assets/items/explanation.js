// The strip above a result: what a request reads, what that costs, what would be cheaper.
import { html } from "../html.js";
import { count, money, percent, units } from "../format.js";

export function Explanation({ explanation: found }) {
  const thrown = found.items_read ? 1 - found.items_kept / found.items_read : 0;
  return html`<section class="explain" aria-label="What it costs">
    <p class="cost"><strong>${units(found.units)} ${found.unit}</strong> <span>${money(found.dollars_per_million)} per million</span>${found.consistency && html` <span class="faint">${found.consistency}</span>`}</p>
    <dl>
      ${found.reads && html`<dt>reads</dt><dd>${found.reads}${found.partitions_of > 0 && html` · <span class="faint">${count(found.partitions)} of ${count(found.partitions_of)} partitions</span>`}</dd>`}
      ${found.items_read > 0 && html`<dt>items</dt><dd>${count(found.items_read)} read, ${count(found.items_kept)} kept${thrown >= 0.1 && html` · <span class="warned">${percent(thrown)} of what is paid for is thrown away</span>`}</dd>`}
      ${found.has_more && html`<dt>pages</dt><dd>this is the first${found.pages_estimate > 0 && html` of about ${count(found.pages_estimate)} · <span class="faint">all of them take about ${units(found.units_estimate)} ${found.unit}</span>`}</dd>`}
      ${(found.better || []).map((each) => html`<dt key=${each.text}>better</dt><dd>${each.text}</dd>`)}
      ${(found.changes || []).map((each, place) => html`<dt key=${place}>writes</dt><dd>${each.where}: ${each.what} · <span class="faint">${units(each.units)} ${found.unit}</span></dd>`)}
      ${(found.remarks || []).map((each) => html`<dt key=${each}>note</dt><dd>${each}</dd>`)}
      ${found.error && html`<dt>fails</dt><dd class="warned">${found.error}</dd>`}
    </dl>
  </section>`;
}
