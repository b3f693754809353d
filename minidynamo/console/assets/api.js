// Asking the server: its one endpoint, and the events that it gives.
import { useEffect, useRef, useState } from "./html.js";

export class ApiError extends Error {
  constructor(text, code, status) {
    super(text);
    Object.assign(this, { code, status });
  }
}

const UNREACHED = "The server does not answer. Is it still running?";

// Which database is looked at: "main", or a fork of it.
export const chosen = { database: "main" };

export async function call(method, parameters = {}) {
  let response;
  try {
    response = await fetch("/console/api", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ method, database: chosen.database, ...parameters }),
    });
  } catch {
    throw new ApiError(UNREACHED, "", 0);
  }
  const isJson = (response.headers.get("content-type") || "").startsWith("application/json");
  const answer = isJson ? await response.json() : { error: await response.text() };
  if (!response.ok) throw new ApiError(answer.error, answer.code, response.status);
  return answer;
}

// Calls a handler with what is new of some topics, again and again, until the page is left.
// Topics: "requests", "changes", "cost"; none for a beat alone.
export function useNews(topics, handle, dependencies = []) {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    let source, timer, isOver = false;
    const open = () => {
      const query = new URLSearchParams({ topics, database: chosen.database });
      source = new EventSource(`/console/events?${query}`);
      source.addEventListener("news", (event) => latest.current(JSON.parse(event.data)));
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED && !isOver) timer = setTimeout(open, 2000);
      });
    };
    open();
    return () => {
      isOver = true;
      clearTimeout(timer);
      source.close();
    };
  }, [topics, chosen.database, ...dependencies]);
}

// The answer to a question, asked again when something that it depends on changes, or by the function returned.
// An answer to a question that is not asked any more is dropped. The last function asks unless one is waited for.
export function useAnswer(ask, dependencies) {
  const [state, setState] = useState({ answer: null, error: null });
  const turn = useRef(0);
  const waiting = useRef(0);
  const again = async () => {
    const mine = ++turn.current;
    waiting.current++;
    try {
      const answer = await ask();
      if (mine === turn.current) setState({ answer, error: null });
    } catch (error) {
      if (mine === turn.current) setState((old) => ({ answer: old.answer, error }));
    } finally {
      waiting.current--;
    }
  };
  const refresh = () => (waiting.current ? null : again());
  useEffect(() => {
    again();
    return () => void turn.current++;
  }, dependencies);
  return [state.answer, state.error, again, refresh];
}
