// Live: what happens now, and is a handler stuck?
import { html, useRef, useState } from "../html.js";
import { call, useAnswer, useNews } from "../api.js";
import { clock, count, plural, span, units } from "../format.js";
import { Choice } from "../parts/controls.js";
import { Empty, Failure, Heading } from "../parts/notices.js";

const KEPT = { changes: 2000, requests: 500 };
const SHOWN = 100;

export function Live({ about }) {
  const rows = useRef({ changes: [], requests: [] });
  const [seen, setSeen] = useState({ changes: 0, requests: 0, skipped: 0 });
  const [isHeld, setHeld] = useState(false);
  const [filter, setFilter] = useState("");
  const [only, setOnly] = useState("all");
  const [lanes, error, , refresh] = useAnswer(() => call("live.lanes"), []);
  const [failure, setFailure] = useState(null);
  const beat = useRef(0);
  useNews("requests,changes", (news) => {
    if (++beat.current % 4 === 0) refresh();
    if (isHeld) return;  // What comes meanwhile is kept by the server, up to a bound.
    let isNew = false;
    if (news.begins_anew) rows.current = { changes: [], requests: [] };
    for (const name of ["changes", "requests"]) {
      const last = rows.current[name].length ? rows.current[name][rows.current[name].length - 1].number : 0;
      const fresh = (news[name] || []).filter((each) => each.number > last);
      if (fresh.length) rows.current[name] = [...rows.current[name], ...fresh].slice(-KEPT[name]);
      isNew = isNew || fresh.length > 0;
    }
    if (isNew) setSeen({ changes: lastOf(rows.current.changes), requests: lastOf(rows.current.requests), skipped: news.skipped || 0 });
  }, [isHeld]);
  const act = async (method, parameters = {}) => {
    setFailure(null);
    try {
      await call(`live.${method}`, parameters);
      refresh();
    } catch (caught) {
      setFailure(caught);
    }
  };
  const wanted = filter.toLowerCase();
  const fits = (each) => !wanted || JSON.stringify(each).toLowerCase().includes(wanted);
  const changes = newest(rows.current.changes, fits);
  const requests = newest(rows.current.requests, (each) => fits(each) && (only !== "errors" || each.error));
  return html`
    <${Heading} title="Live" question="What happens now, and is a handler stuck?">
      <button type="button" aria-pressed=${isHeld} onClick=${() => setHeld(!isHeld)}>${isHeld ? "Go on" : "Hold the picture"}</button>
    <//>
    <${Failure} error=${error || failure} />
    <${Lanes} answer=${lanes} about=${about} act=${act} />
    <div class="bar"><label class="field grows">Find in changes and requests<input type="search" value=${filter} onInput=${(event) => setFilter(event.target.value)} placeholder="a table, a key, a place, an error" /></label></div>
    <div class="halves wide-first">
      <section aria-label="Changes"><h2>Changes <span class="faint"><span id="changes-seen">${count(seen.changes)}</span> so far${seen.skipped > 0 && `, ${count(seen.skipped)} came too fast to be shown`}</span></h2>
        <${Changes} rows=${changes} can=${about.can.see_changes} about=${about} /></section>
      <section aria-label="Requests"><h2>Requests <span class="faint">${count(seen.requests)} so far</span></h2>
        <${Choice} label="Which requests" value=${only} choose=${setOnly} options=${[["all", "All"], ["errors", "Errors"]]} />
        <${Requests} rows=${requests} /></section>
    </div>
  `;
}

const lastOf = (rows) => (rows.length ? rows[rows.length - 1].number : 0);

function newest(rows, fits) {
  const found = [];
  for (let place = rows.length - 1; place >= 0 && found.length < SHOWN; place--) if (fits(rows[place])) found.push(rows[place]);
  return found;
}

function Lanes({ answer, about, act }) {
  if (!answer || answer.all === 0) return answer && html`<details class="hint"><summary>No handler is mapped to a stream</summary><p>Start the server with <code>--on-stream TABLE=module:handler</code>, or call <code>db.on_stream(…)</code>; each mapping has a lane here then.</p></details>`;
  return html`<section aria-label="Handlers" class="lanes"><h2>Handlers ${!about.is_read_only && html`<button type="button" onClick=${() => act("drain")}>Drain</button>`}</h2>
    ${answer.lanes.map((each) => html`<${Lane} key=${each.mapping} lane=${each} about=${about} act=${act} />`)}</section>`;
}

function Lane({ lane, about, act }) {
  const [sequence, setSequence] = useState("");
  const busy = lane.workers.filter((each) => each.age !== null || each.batch);
  const age = Math.max(0, ...busy.map((each) => each.age || 0));
  const isStuck = busy.some((each) => each.failures > 0);
  const isOn = lane.state === "Enabled";
  const positions = lane.workers.map((each) => each.position);
  return html`<article class=${`lane ${isStuck ? "stuck" : ""}`}>
    <h3>${lane.table} → ${lane.function} <span class=${`badge ${isStuck ? "warn" : ""}`}>${!isOn ? "paused" : isStuck ? "stuck" : busy.length ? "at work" : "done"}</span></h3>
    <dl class="figures">
      <div><dt>iterator age</dt><dd>${span(age)}</dd></div><div><dt>records</dt><dd>${count(lane.records)}</dd></div>
      <div><dt>last result</dt><dd>${lane.result}</dd></div>
    </dl>
    ${busy.map((each) => html`<p key=${`${each.shard} ${each.index}`} class="worker"><code>${each.shard.slice(-12)}</code> ${each.batch ? html`${plural(each.batch, "record")} in hand${each.attempts > 0 && html`, tried ${plural(each.attempts, "time")}`}${each.due_in !== null && html`, again in ${span(each.due_in)}`}` : "waiting to be read"}${each.is_at_work && ", running"}</p>`)}
    ${lane.last_error && (isStuck || lane.result.startsWith("PROBLEM")) && html`<p class="failure">${lane.last_error}</p>`}
    ${!about.is_read_only && html`<div class="bar">
      ${isOn ? html`<button type="button" onClick=${() => act("pause", { mapping: lane.mapping })}>Pause</button>` : html`<button type="button" onClick=${() => act("resume", { mapping: lane.mapping })}>Resume</button>`}
      <details><summary>Replay</summary><form class="bar" onSubmit=${(event) => { event.preventDefault(); act("replay", { mapping: lane.mapping, sequence }); }}>
        <label class="field">From sequence number<input value=${sequence} onInput=${(event) => setSequence(event.target.value.trim())} placeholder=${positions[0] || ""} spellcheck=${false} required /></label><button>Replay from here</button></form></details>
    </div>`}
  </article>`;
}

function Changes({ rows, can, about }) {
  if (!can) return html`<${Empty} title="Changes are read where the data are kept">Open the console of that server. Requests are shown here all the same.<//>`;
  if (!rows.length) return html`<${Empty} title="No changes yet"><p>Changes are read from the streams of tables.</p><${WithoutStream} about=${about} /><//>`;
  return html`<${WithoutStream} about=${about} /><ol class="changes">${rows.map((each) => html`<li key=${each.number}>
    <p><time>${clock(each.time)}</time> <span class=${`kind ${each.kind}`}>${KINDS[each.kind]}</span> <strong>${each.table}</strong> <code>${each.key}</code>${each.by && html` <span class="faint">by ${each.by}</span>`}</p>
    ${each.differences.length > 0 && html`<ul class="differences">${each.differences.map(([name, old, fresh]) => html`<li key=${name}><i>${name}</i> ${old !== null && html`<del>${old}</del>`} ${fresh !== null && html`<ins>${fresh}</ins>`}</li>`)}</ul>`}
  </li>`)}</ol>`;
}

const KINDS = { INSERT: "new", MODIFY: "changed", REMOVE: "gone" };

// Tables whose changes nobody sees, with the way to see them.
function WithoutStream({ about }) {
  const [answer, error, again] = useAnswer(() => call("tables.without_stream"), []);
  const [failure, setFailure] = useState(null);
  const turnOn = async (table) => {
    try {
      await call("tables.enable_stream", { table });
      again();
    } catch (caught) {
      setFailure(caught);
    }
  };
  if (!answer || answer.all === 0) return html`<${Failure} error=${error || failure} />`;
  return html`<details class="hint"><summary>${plural(answer.all, "table has", "tables have")} no stream, so that changes there are not seen</summary>
    <ul class="plain">${answer.tables.slice(0, 10).map((each) => html`<li key=${each}><code>${each}</code> ${!about.is_read_only && html`<button type="button" class="quiet" onClick=${() => turnOn(each)} aria-label=${`Turn on the stream of ${each}`}>Turn it on</button>`}</li>`)}</ul>
    <${Failure} error=${error || failure} />
  </details>`;
}

function Requests({ rows }) {
  if (!rows.length) return html`<${Empty} title="No requests yet">Those that programs make from now on are shown here; the console's own are not.<//>`;
  return html`<div class="scroll"><table class="list requests"><caption class="hidden">The last requests, newest first</caption>
    <thead><tr><th scope="col">Time</th><th scope="col">Request</th><th scope="col" class="number">Units</th><th scope="col" class="number">ms</th></tr></thead>
    <tbody>${rows.map((each) => html`<tr key=${each.number} class=${each.error ? "failed" : ""}><td><time>${clock(each.time)}</time></td>
      <td><strong>${each.operation}</strong> ${each.tables}${each.index && html`<span class="faint"> · ${each.index}</span>`} <code>${each.about}</code>${each.error && html`<span class="reason" title=${each.text}>${each.error}</span>`}${each.place && html`<code class="spot">${each.place}</code>`}</td>
      <td class="number">${each.error ? "–" : units(each.read + each.written)}</td><td class="number">${each.milliseconds}</td></tr>`)}</tbody></table></div>`;
}
