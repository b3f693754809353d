// Where one is: the page and what it shows, as the address has it, so that it can be gone back to and kept.
export function readPlace() {
  const [page, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { page, values: Object.fromEntries(new URLSearchParams(query || "")) };
}

export function addressOf(page, values = {}) {
  const kept = Object.entries(values).filter(([, value]) => value !== "" && value != null);
  const query = new URLSearchParams(kept).toString();
  return `#/${page}${query ? `?${query}` : ""}`;
}

export function go(page, values, replaces = false) {
  const address = addressOf(page, values);
  if (replaces) {
    history.replaceState(null, "", address);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = address;
  }
}
