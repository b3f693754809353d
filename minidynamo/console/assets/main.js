// The shell: which page is open, which database is looked at, and the way between the pages.
import { html, render, useEffect, useErrorBoundary, useRef, useState } from "./html.js";
import { call, chosen, useAnswer } from "./api.js";
import { Failure } from "./parts/notices.js";
import { go, readPlace } from "./place.js";
import { Tables } from "./pages/tables.js";
import { Items } from "./pages/items.js";
import { Collections } from "./pages/collections.js";
import { Partitions } from "./pages/partitions.js";
import { Live } from "./pages/live.js";
import { Cost } from "./pages/cost.js";
import { Faults } from "./pages/faults.js";

const PAGES = [
  ["tables", "Tables", Tables, () => true],
  ["items", "Items", Items, () => true],
  ["collections", "Collections", Collections, () => true],
  ["partitions", "Partitions", Partitions, (can) => can.see_partitions],
  ["live", "Live", Live, () => true],
  ["cost", "Cost", Cost, () => true],
  ["faults", "Faults", Faults, (can) => can.misbehave],
  ["faults", "States", Faults, (can) => !can.misbehave && can.snapshot],
];

function App() {
  const [place, setPlace] = useState(readPlace());
  const [database, setDatabase] = useState("main");
  chosen.database = database;
  const [about, error, again] = useAnswer(() => call("about"), [database]);
  useEffect(() => {
    const follow = () => setPlace(readPlace());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const pages = PAGES.filter(([, , , isThere]) => isThere(about ? about.can : {}));
  const [name, title, Page] = pages.find(([each]) => each === place.page) || pages[0];
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} · minidynamo`;
    const current = document.querySelector("nav [aria-current]");
    if (current) bringInto(current.closest("nav"), current);
    if (current && !isFirst.current) document.getElementById("main").focus({ preventScroll: true });
    if (current) isFirst.current = false;
  }, [title, about === null]);
  if (error && !about) return html`<main class="alone"><${Failure} error=${error} /><button onClick=${again}>Try again</button></main>`;
  if (!about) return html`<p class="starting">The console is starting.</p>`;
  const choose = (chosenName) => {
    setDatabase(chosenName);
    again();
  };
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the page</a>
    <header class="top">
      <a class="brand" href="#/tables"><img src=${iconUrl} alt="" width="22" height="22" />minidynamo</a>
      <nav aria-label="Pages">
        <ul>
          ${pages.map(([each, label]) => html`<li key=${each}><a href="#/${each}${carried(place)}" aria-current=${each === name ? "page" : null}>${label}</a></li>`)}
        </ul>
      </nav>
      <div class="where">
        ${about.databases.length > 1 &&
        html`<label>Database <select value=${database} onChange=${(event) => choose(event.target.value)}>
          ${about.databases.map((each) => html`<option value=${each}>${each}</option>`)}
        </select></label>`}
        ${about.is_read_only && html`<span class="badge" title="Nothing can be changed by this console">read only</span>`}
        <span class="place" title="Where the data are kept">${about.place} · ${about.region}</span>
      </div>
    </header>
    <main id="main" tabindex="-1">
      <${Guarded} key=${`${name} ${database}`}><${Page} about=${about} place=${place} choose=${choose} refresh=${again} /><//>
    </main>
  `;
}

const iconUrl = new URL("./icon.svg", import.meta.url).href;

// What pages have in common stays when one goes from one to another: the table.
function carried(place) {
  return place.values.table ? `?table=${encodeURIComponent(place.values.table)}` : "";
}

// Not by scrollIntoView, from which the Tab key would go on.
function bringInto(nav, link) {
  const [frame, box] = [nav.getBoundingClientRect(), link.getBoundingClientRect()];
  nav.scrollLeft += box.left - frame.left - (frame.width - box.width) / 2;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

// A page that fails says so, and leaves the others alone.
function Guarded({ children }) {
  const [error, reset] = useErrorBoundary((caught) => console.error(caught));
  if (!error) return children;
  return html`<${Failure} error=${{ message: `This page has failed: ${error.message}` }} /><button onClick=${reset}>Try again</button>`;
}

if (!location.hash) go("tables");
render(html`<${App} />`, document.getElementById("app"));
