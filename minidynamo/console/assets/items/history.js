// The queries that were run in this browser, the last twenty of each table.
import { titleOf } from "./request.js";

const MOST = 20;
const nameOf = (table) => `minidynamo queries ${table}`;

export function recall(table) {
  try {
    return JSON.parse(localStorage.getItem(nameOf(table))) || [];
  } catch {
    return [];
  }
}

export function keep(table, form) {
  const title = titleOf(form);
  const others = recall(table).filter((each) => each.title !== title);
  try {
    localStorage.setItem(nameOf(table), JSON.stringify([{ title, form }, ...others].slice(0, MOST)));
  } catch {
    // A browser that keeps nothing: there is no history then.
  }
}
