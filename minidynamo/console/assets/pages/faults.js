// Faults: what goes wrong here, and why is that legal? And what helps to try things: snapshots, forks, the clock.
import { html, useState } from "../html.js";
import { call, useAnswer, useNews } from "../api.js";
import { count, day, percent, plural } from "../format.js";
import { Empty, Failure, Heading } from "../parts/notices.js";

export function Faults({ about, choose, refresh }) {
  const [failure, setFailure] = useState(null);
  const [onlyFaults, setOnlyFaults] = useState(true);
  const misbehaves = about.can.misbehave;
  const [faults, error, again, look] = useAnswer(() => (misbehaves ? call("faults.see") : null), []);
  const [states, trouble, reload] = useAnswer(() => call("states.list"), []);
  useNews("", () => void look());
  const act = async (method, parameters = {}) => {
    setFailure(null);
    try {
      const answer = await call(method, parameters);
      again();
      reload();
      refresh();
      return answer;
    } catch (caught) {
      setFailure(caught);
      return null;
    }
  };
  return html`
    <${Heading} title=${misbehaves ? "Faults" : "States"} question=${misbehaves ? "What goes wrong here, and why is that legal?" : "Try things, and go back."}><//>
    <${Failure} error=${error || trouble || failure} />
    ${faults && html`<${Calls} faults=${faults} only=${onlyFaults} setOnly=${setOnlyFaults} /><${Kinds} faults=${faults} act=${act} isReadOnly=${about.is_read_only} />`}
    ${states && html`<${States} states=${states} about=${about} act=${act} choose=${choose} />`}
    ${!misbehaves && html`<${Empty} title="This database does not misbehave"><p>Start the server with <code>minidynamo serve --simulate typical --console</code>, and requests meet throttles, stale reads and lost responses as they do in production.</p><//>`}
  `;
}

function Kinds({ faults, act, isReadOnly }) {
  return html`<section><h2>Kinds <span class="faint">profile ${faults.profile}, seed ${faults.seed}</span>
    ${!isReadOnly && html`<button type="button" onClick=${() => act("faults.switch", { kind: "", is_on: false })}>All off</button><button type="button" onClick=${() => act("faults.switch", { kind: "", is_on: true })}>All on</button>`}</h2>
    <ul class="kinds">${faults.kinds.map((each) => html`<li key=${each.name} class=${each.rate === 0 ? "idle" : ""}>
      <label class="switch"><input type="checkbox" role="switch" checked=${each.is_on} disabled=${isReadOnly} onChange=${(event) => act("faults.switch", { kind: each.name, is_on: event.target.checked })} /><strong>${each.name}</strong></label>
      <span class="figures">${each.rate === 0 ? "never by itself" : each.name === "capacity" ? "on" : percent(each.rate)} · ${plural(each.count, "time")}</span>
      <p>${each.title}</p><details><summary>Why it is legal</summary><p>${each.why}</p></details></li>`)}</ul></section>`;
}

function Calls({ faults, only, setOnly }) {
  const rows = faults.calls.filter((each) => !only || each.choices.length).slice(0, 100);
  return html`<section><h2>History <span class="faint">${plural(faults.all_calls, "call")}</span></h2>
    <label class="check"><input type="checkbox" checked=${only} onChange=${(event) => setOnly(event.target.checked)} />only calls that met a fault</label>
    ${rows.length === 0 ? html`<p class="faint">${faults.all_calls ? "None of the last calls met a fault." : "No request has been made yet."}</p>` : html`
    <div class="scroll tall" tabindex="0" role="region" aria-label="History"><table class="list history"><caption class="hidden">The last calls, newest first</caption><thead><tr><th scope="col" class="number">Call</th><th scope="col">Request</th><th scope="col">What happened, and why it is legal</th><th scope="col">Outcome</th></tr></thead>
      <tbody>${rows.map((each) => html`<tr key=${each.number}><td class="number">${count(each.number)}</td><td><strong>${each.operation}</strong> ${each.on} <code>${each.key}</code></td>
        <td>${each.choices.map((one) => html`<p key=${one.kind}><span class="badge warn">${one.kind}</span> ${one.why}${one.detail && html` <span class="faint">${one.detail}</span>`}</p>`)}</td><td>${each.outcome}</td></tr>`)}</tbody></table></div>`}</section>`;
}

function States({ states, about, act, choose }) {
  const [name, setName] = useState("");
  const [seconds, setSeconds] = useState(60);
  const canWrite = !about.is_read_only;
  const snapshot = async (event) => {
    event.preventDefault();
    if (await act("states.snapshot", { name })) setName("");
  };
  const fork = async () => {
    const answer = await act("states.fork");
    if (answer) choose(answer.name);
  };
  const forks = states.databases.filter((each) => each !== "main");
  return html`<section class="states">${about.can.misbehave && html`<h2>States</h2>`}<div class="halves">
    <div class="card"><h3>Snapshots</h3>
      ${states.snapshots.length === 0 ? html`<p class="faint">None yet. One costs nothing but what is changed later.</p>` : html`<ul class="plain">${states.snapshots.map((each) => html`<li key=${each.name}><strong>${each.name}</strong> <span class="faint">${day(each.time)} · ${plural(each.tables, "table")} of ${each.source}</span>
        ${canWrite && html`<button type="button" onClick=${() => act("states.restore", { name: each.name })}>Restore</button><button type="button" class="quiet" onClick=${() => act("states.forget", { name: each.name })} aria-label=${`Forget ${each.name}`}>Forget</button>`}</li>`)}</ul>`}
      ${canWrite && about.can.snapshot && html`<form class="bar" onSubmit=${snapshot}><label class="field grows">Name<input value=${name} onInput=${(event) => setName(event.target.value)} placeholder=${`snapshot ${states.snapshots.length + 1}`} spellcheck=${false} /></label><button>Take a snapshot</button></form>`}</div>
    <div class="card"><h3>Forks</h3>
      ${forks.length === 0 ? html`<p class="faint">None yet. What is written in a fork, nobody else sees.</p>` : html`<ul class="plain">${forks.map((each) => html`<li key=${each}><strong>${each}</strong> ${each === about.database ? html`<span class="badge">looked at</span>` : html`<button type="button" onClick=${() => choose(each)}>Look at it</button>`}
        ${canWrite && html`<button type="button" class="quiet" onClick=${async () => { if (each === about.database) choose("main"); await act("states.end_fork", { name: each }); }} aria-label=${`End ${each}`}>End</button>`}</li>`)}</ul>`}
      ${canWrite && about.can.fork && html`<div class="bar"><button type="button" onClick=${fork}>Fork ${about.database}</button></div>`}
      <h3>Clock</h3><p><time>${day(states.now)}</time> UTC</p>
      ${!about.can.move_clock ? html`<p class="faint">It is the machine's, and goes by itself.</p>` : canWrite && html`<form class="bar" onSubmit=${(event) => { event.preventDefault(); act("states.move_clock", { seconds }); }}><label class="field">Seconds<input type="number" class="short" min="1" value=${seconds} onInput=${(event) => setSeconds(Number(event.target.value))} /></label><button>Move it on</button></form>`}</div>
  </div></section>`;
}
