// What both pages share. Data reaches the page as text only: textContent and attributes, never HTML.

const board = new URL("../", import.meta.url);
const airflow = new URL("../../", import.meta.url);
const POLL_SECONDS = 4;

export const STATES = {
  in_progress: ["◐", "In progress"],
  halted: ["■", "Halted"],
  completed_with_errors: ["▲", "Completed with errors"],
  completed_success: ["✓", "Completed"],
  not_started: ["○", "Not started"],
  rolled_back: ["↺", "Rolled back"],
};

export const byId = (id) => document.getElementById(id);

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function setText(node, text) {
  const wanted = text === null || text === undefined ? "" : String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

// ------------------------------------------------------------------------------ words and numbers
const numbers = new Intl.NumberFormat("en");
const moments = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { style: "short", numeric: "always" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

export const count = (number) => numbers.format(number);
export const percent = (number) => (number === null ? "–" : `${number.toFixed(2).replace(/\.?0+$/, "")} %`);
export const exactly = (iso) => (iso ? moments.format(new Date(iso)) : "");
export const stateWord = (state) => (STATES[state] || ["?", state])[1];

export function ago(iso, now) {
  if (!iso) return "–";
  const seconds = (new Date(iso) - new Date(now)) / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) || UNITS[3];
  return relative.format(Math.round(seconds / size), unit);
}

export function setTime(node, iso, now) {
  setText(node, ago(iso, now));
  node.title = exactly(iso);
}

export function showState(node, state) {
  const [symbol, word] = STATES[state] || ["?", state];
  setText(node, `${symbol} ${word}`);
  node.className = `state ${state}`;
}

// ------------------------------------------------------------------------------ addresses
export const certificatePage = (cid) => `${accountPage(cid)}/certificate`;
export const accountPage = (cid) => new URL(`accounts/${encodeURIComponent(cid)}`, board).href;
export const apiUrl = (path) => new URL(`api/${path}`, board).href;

const isRollback = (mode) => (mode || "").startsWith("rollback");

export function runUrl(run, task = "") {
  const dag = isRollback(run.mode) ? "crm_notes_rollback" : "crm_notes_migration";
  const path = `dags/${dag}/runs/${encodeURIComponent(run.run_id)}`;
  return new URL(task ? `${path}/tasks/${encodeURIComponent(task)}` : path, airflow).href;
}

// The task whose log tells how the run ended; a run that could not end itself is best seen whole.
export function logTask({ mode, status, reason_code: reason }) {
  const ends = ["halted", "completed_with_errors", "completed_success"];
  if (isRollback(mode)) return status === "not_started" ? "rolled_back" : "finalize";
  if (!ends.includes(status)) return "guard";
  return reason === "INTERNAL_ERROR" ? "finalize" : status;
}

// What a run is called: a rollback's state is that of the account, which it has set back.
export const stateOf = (run) => (run.mode === "rollback" && run.status === "not_started" ? "rolled_back" : run.status);

// Airflow shows this page in a frame that may not navigate its window; a link of Airflow's own page may.
export function leaveFrame(event) {
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (window.parent === window || !plain) return;
  event.preventDefault();
  const link = window.parent.document.createElement("a");
  link.href = event.currentTarget.href;
  window.parent.document.body.append(link);
  link.click();
  link.remove();
}

export function airflowLink(text, href) {
  const link = el("a", { href, textContent: text });
  link.addEventListener("click", leaveFrame);
  return link;
}

// Airflow has a switch of its own for light and dark; in its frame the page goes by that.
function followAirflow() {
  if (window.parent === window) return;
  const outside = window.parent.document.documentElement;
  const follow = () => {
    document.documentElement.dataset.theme = ["dark", "light"].find((theme) => outside.classList.contains(theme)) || "";
  };
  new MutationObserver(follow).observe(outside, { attributeFilter: ["class"] });
  follow();
}
followAirflow();

// ------------------------------------------------------------------------------ the server
export async function ask(path, options = {}) {
  const answer = await fetch(apiUrl(path), { cache: "no-store", redirect: "error", ...options });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const known = { 401: "You are logged out of Airflow; log in there, then load this page again." };
  const text = known[answer.status] || `${body.error || answer.status}: ${body.message || "no answer"}`;
  throw Object.assign(new Error(text), { status: answer.status });
}

export function startRun(conf) {
  const headers = { "Content-Type": "application/json" };
  return ask("runs", { method: "POST", headers, body: JSON.stringify(conf) });
}

// Load and show again and again; not while nobody looks. Returns a function that does it at once.
export function keepFresh(load, show) {
  let timer = 0;
  let turn = 0;
  async function refresh() {
    clearTimeout(timer);
    const mine = ++turn;
    try {
      const view = await load();
      if (mine !== turn) return;
      show(view);
      problem("");
      setText(byId("updated"), `As of ${exactly(view.now)}${view.live ? "" : "; phases are not known, Redis does not answer"}`);
    } catch (error) {
      if (mine === turn) problem(error.message);
    }
    if (!document.hidden) timer = setTimeout(refresh, POLL_SECONDS * 1000);
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
  refresh();
  return refresh;
}

export function problem(text) {
  byId("problem").hidden = !text;
  setText(byId("problem"), text);
}

// ------------------------------------------------------------------------------ starting a run
export function actionOf(row) {
  if (row.status === "in_progress" || !row.company_sso_id) return null;
  return row.status === "completed_success" ? "Run again" : "Start";
}

export function confOf(row) {
  const conf = { cid: row.cid, company_sso_id: row.company_sso_id };
  return row.status === "completed_success" ? { ...conf, rerun: true } : conf;
}

function questionOf(conf) {
  const { cid, company_sso_id: company } = conf;
  if (conf.mode === "verify") return [`Verify ${cid}?`, `All notes of ${cid} are read in the CRM and in the CDP tenant ${company} and compared. Nothing is written but the certificate.`];
  if (conf.mode === "dry_run") return [`Try ${cid}?`, `All notes of ${cid} are read and taken through every step of a migration to the CDP tenant ${company}. Nothing is written but a report.`];
  return [conf.rerun ? `Run ${cid} again?` : `Start ${cid}?`, `Notes of ${cid} are written to the CDP tenant ${company}. What is there already is skipped.`];
}

export function confirmStart(conf, done) {
  const dialog = byId("confirm");
  const shown = byId("confirm-problem");
  const [title, text] = questionOf(conf);
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  shown.hidden = true;
  byId("confirm-no").onclick = () => dialog.close();
  byId("confirm-yes").onclick = async () => {
    byId("confirm-yes").disabled = true;
    try {
      const started = await startRun(conf);
      dialog.close();
      setText(byId("news"), `Run ${started.job_id} is started; it is shown here once guard has accepted it.`);
      done();
    } catch (error) {
      shown.hidden = false;
      setText(shown, error.message);
    } finally {
      byId("confirm-yes").disabled = false;
    }
  };
  dialog.showModal();
}
