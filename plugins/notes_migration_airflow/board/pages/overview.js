// All accounts: totals, filter, sort, and one row each that is changed in place.

import * as b from "./common.js";

const COLUMNS = [
  ["cid", "Account", (row) => row.cid],
  ["status", "State", (row) => Object.keys(b.STATES).indexOf(row.status)],
  ["progress", "Progress", (row) => row.progress_pct],
  ["notes", "Notes", (row) => row.notes_total],
  ["attachments", "Attachments", (row) => row.attachments_total],
  ["match", "Match", (row) => row.match_pct],
  ["failures", "Failed", (row) => row.notes_failed + row.attachments_failed],
  ["since", "Started", (row) => row.started_at],
  ["eta", "Ends about", (row) => row.estimated_end],
  ["last", "Last event", (row) => row.updated_at],
];
const ALL = [...COLUMNS.map(([key, title]) => [key, title]), ["airflow", "In Airflow"], ["action", "Action"]];

const DEFAULT_SORT = "status";

const rows = new Map();
const query = new URLSearchParams(location.search);
const sorting = { key: query.get("sort") || DEFAULT_SORT, down: query.get("down") === "1" };
const filter = b.byId("filter").elements;
let view = { accounts: [], totals: { by_status: {} }, now: new Date().toISOString() };
let viewer = { may_trigger: false };
let refresh = () => {};

// ------------------------------------------------------------------------------ one row
function makeRow(cid) {
  const cells = {};
  const tr = b.el("tr", { role: "row" });
  for (const [key, title] of ALL) {
    const tag = key === "cid" ? "th" : "td";
    cells[key] = b.el(tag, { role: key === "cid" ? "rowheader" : "cell", className: key, "data-label": title });
    if (key === "cid") cells[key].scope = "row";
    tr.append(cells[key]);
  }
  const parts = {
    link: b.el("a", { href: b.accountPage(cid), textContent: cid }),
    company: b.el("span", { className: "quiet small" }),
    state: b.el("span"),
    phase: b.el("span", { className: "small" }),
    reason: b.el("span", { className: "small code" }),
    bar: b.el("progress", { max: 100, "aria-label": `Progress of ${cid}` }),
    done: b.el("span", { className: "small" }),
    since: b.el("span"),
    by: b.el("span", { className: "small" }),
    run: b.airflowLink("run", "#"),
    log: b.airflowLink("log", "#"),
    button: b.el("button", { type: "button", hidden: true }),
  };
  cells.cid.append(parts.link, parts.company);
  cells.status.append(parts.state, parts.phase, parts.reason);
  cells.progress.append(parts.bar, parts.done);
  cells.since.append(parts.since, parts.by);
  cells.airflow.append(parts.run, " ", parts.log);
  cells.action.append(parts.button);
  parts.button.addEventListener("click", () => b.confirmStart(b.confOf(rows.get(cid).data), refresh));
  return { tr, cells, parts, data: null };
}

function showRow(made, row) {
  const { cells, parts } = made;
  made.data = row;
  b.setText(parts.company, row.company_sso_id || "");
  b.showState(parts.state, row.status);
  b.setText(parts.reason, row.reason_code || "");
  b.setText(parts.phase, row.status === "in_progress" ? `Phase: ${row.phase.replaceAll("_", " ")}` : "");
  parts.bar.value = row.progress_pct;
  b.setText(parts.done, b.percent(row.progress_pct));
  b.setText(cells.notes, `${b.count(row.notes_migrated + row.notes_skipped)} of ${b.count(row.notes_total)}`);
  b.setText(cells.attachments, row.attachments_total ? `${b.count(row.attachments_linked)} of ${b.count(row.attachments_total)}` : "–");
  b.setText(cells.match, b.percent(row.match_pct));
  showFailures(cells.failures, row);
  b.setTime(parts.since, row.started_at, view.now);
  b.setText(parts.by, row.triggered_by ? ` by ${row.triggered_by}` : "");
  b.setTime(cells.eta, row.estimated_end, view.now);
  b.setTime(cells.last, row.updated_at, view.now);
  showLinks(parts, row);
}

function showFailures(cell, row) {
  const reasons = Object.entries(row.failed_by_reason).map(([reason, number]) => `${reason} ${b.count(number)}`);
  const lines = reasons.length ? reasons : ["none"];
  while (cell.children.length > lines.length) cell.lastChild.remove();
  while (cell.children.length < lines.length) cell.append(b.el("span"));
  lines.forEach((line, at) => b.setText(cell.children[at], line));
  cell.classList.toggle("none", !reasons.length);
}

function showLinks(parts, row) {
  parts.run.hidden = parts.log.hidden = !row.run_id;
  if (row.run_id) {
    parts.run.href = b.runUrl(row);
    parts.log.href = b.runUrl(row, b.logTask(row));
    parts.run.setAttribute("aria-label", `Run ${row.run_id} in Airflow`);
    parts.log.setAttribute("aria-label", `Log of ${row.run_id} in Airflow`);
  }
  const action = viewer.may_trigger ? b.actionOf(row) : null;
  parts.button.hidden = !action;
  b.setText(parts.button, action || "");
  if (action) parts.button.setAttribute("aria-label", `${action}: ${row.cid}`);
}

// ------------------------------------------------------------------------------ the table
function wanted(row) {
  const text = filter.q.value.trim().toLowerCase();
  const found = [row.cid, row.company_sso_id, row.triggered_by].some((each) => (each || "").toLowerCase().includes(text));
  const reason = filter.reason.value;
  return found && (!filter.state.value || row.status === filter.state.value) &&
    (!reason || reason in row.failed_by_reason || row.reason_code === reason);
}

function compare(left, right) {
  const value = COLUMNS.find(([key]) => key === sorting.key)[2];
  const [a, z] = [value(left), value(right)];
  if (a === z || (a == null && z == null)) return left.cid < right.cid ? -1 : 1;
  if (a == null) return 1; // what is not known comes last, whichever way
  if (z == null) return -1;
  return (a < z ? -1 : 1) * (sorting.down ? -1 : 1);
}

function showTable() {
  const shown = view.accounts.filter(wanted).sort(compare);
  for (const row of shown) {
    if (!rows.has(row.cid)) rows.set(row.cid, makeRow(row.cid));
    showRow(rows.get(row.cid), row);
  }
  place(shown.map((row) => rows.get(row.cid).tr));
  b.setText(b.byId("shown"), `${b.count(shown.length)} of ${b.count(view.accounts.length)} accounts`);
  b.byId("empty").hidden = shown.length > 0;
  b.setText(b.byId("empty"), view.accounts.length ? "No account is like that." : "No account has been started yet.");
}

function place(wantedRows) {
  const body = b.byId("rows");
  const same = wantedRows.length === body.children.length && wantedRows.every((tr, at) => body.children[at] === tr);
  if (same) return;
  const focused = document.activeElement; // moving a row takes the focus from what is in it
  body.replaceChildren(...wantedRows);
  if (focused && focused !== document.activeElement && body.contains(focused)) focused.focus({ preventScroll: true });
}

function showTotals() {
  const { totals } = view;
  const shown = Object.entries(b.STATES).map(([state, [symbol, word]]) => [`${symbol} ${word}`, b.count(totals.by_status[state] || 0)]);
  shown.unshift(["Accounts", b.count(totals.accounts)]);
  shown.push(["Notes in the CDP", `${b.count(totals.notes_in_cdp)} of ${b.count(totals.notes_total)}`]);
  shown.push(["Failed notes", b.count(totals.notes_failed)], ["Halt rate of ended accounts", b.percent(totals.halt_rate)]);
  const list = b.byId("totals");
  while (list.children.length < shown.length) list.append(b.el("div", {}, b.el("dt"), b.el("dd")));
  shown.forEach(([name, value], at) => {
    b.setText(list.children[at].children[0], name);
    b.setText(list.children[at].children[1], value);
  });
}

function showReasons() {
  const known = new Set(view.accounts.flatMap((row) => [...Object.keys(row.failed_by_reason), row.reason_code || ""]));
  known.delete("");
  const present = new Set([...filter.reason.options].map((option) => option.value));
  [...known].sort().filter((reason) => !present.has(reason)).forEach((reason) => filter.reason.append(b.el("option", { value: reason, textContent: reason })));
}

// Said aloud only when an account changes its state, not at every number that moves.
function announce(before, after) {
  const states = new Map(before.accounts.map((row) => [row.cid, row.status]));
  const changed = after.accounts.filter((row) => states.has(row.cid) && states.get(row.cid) !== row.status);
  if (!changed.length) return;
  const said = changed.slice(0, 3).map((row) => `${row.cid}: ${b.stateWord(row.status)}`);
  b.setText(b.byId("news"), said.join("; ") + (changed.length > 3 ? ` and ${changed.length - 3} more` : ""));
}

function show(next) {
  announce(view, next);
  view = next;
  showTotals();
  showReasons();
  showTable();
}

// ------------------------------------------------------------------------------ sorting and filtering
function sortBy(key, down) {
  Object.assign(sorting, { key, down });
  for (const head of b.byId("heads").children) {
    if (head.dataset.key === key) head.setAttribute("aria-sort", down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  filter.sort.value = key;
  remember();
  showTable();
}

function remember() {
  const kept = new URLSearchParams();
  for (const name of ["q", "state", "reason"]) if (filter[name].value) kept.set(name, filter[name].value);
  if (sorting.key !== DEFAULT_SORT) kept.set("sort", sorting.key);
  if (sorting.down) kept.set("down", "1");
  history.replaceState(null, "", kept.size ? `?${kept}` : location.pathname);
}

function makeHeads() {
  for (const [key, title] of ALL) {
    const head = b.el("th", { role: "columnheader", scope: "col", className: key, "data-key": key });
    if (COLUMNS.some(([each]) => each === key)) {
      const button = b.el("button", { type: "button", textContent: title });
      button.addEventListener("click", () => sortBy(key, sorting.key === key && !sorting.down));
      head.append(button);
      filter.sort.append(b.el("option", { value: key, textContent: title }));
    } else head.textContent = title;
    b.byId("heads").append(head);
  }
}

function begin() {
  makeHeads();
  for (const [state, [, word]] of Object.entries(b.STATES)) filter.state.append(b.el("option", { value: state, textContent: word }));
  if (!COLUMNS.some(([key]) => key === sorting.key)) sorting.key = DEFAULT_SORT;
  filter.q.value = query.get("q") || "";
  filter.state.value = query.get("state") || "";
  const reason = query.get("reason");
  if (reason) filter.reason.append(b.el("option", { value: reason, textContent: reason, selected: true }));
  b.byId("filter").addEventListener("submit", (event) => event.preventDefault());
  b.byId("filter").addEventListener("input", (event) => {
    if (event.target === filter.sort) sortBy(filter.sort.value, false);
    remember();
    showTable();
  });
  b.byId("start-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const { cid, company_sso_id } = event.target.elements;
    b.confirmStart({ cid: cid.value, company_sso_id: company_sso_id.value }, refresh);
  });
  sortBy(sorting.key, sorting.down);
  b.ask("viewer").then((who) => {
    viewer = who;
    b.byId("start").hidden = !who.may_trigger;
    showTable();
  }, (error) => b.problem(error.message));
  refresh = b.keepFresh(() => b.ask("accounts"), show);
}

begin();
