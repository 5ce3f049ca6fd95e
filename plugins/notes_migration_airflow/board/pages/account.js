// One account: where it stands, its ledger, what failed with the runbook for it, and its runs.

import * as b from "./common.js";
import { showDryRun } from "./dry_run.js";
import { ledgerPicture } from "./ledger.js";

const cid = decodeURIComponent(location.pathname.split("/").pop());
const COLUMNS = ["Run", "State", "What", "Started by", "Started", "Ended", "Notes", "Failed", "Match", "Attachments", "In Airflow"];
const KINDS = { note: ["note", "notes"], attachment: ["attachment", "attachments"], owner: ["author of a note", "authors of notes"] };
const groups = new Map();
const runs = new Map();
let viewer = { may_trigger: false };
let current = null;
let refresh = () => {};
let drawn = "";

function show(view) {
  if (current && current.account.status !== view.account.status) {
    b.setText(b.byId("news"), `${cid}: ${b.stateWord(view.account.status)}`);
  }
  current = view;
  showNow(view.account, view.now);
  showLedger(view.runs.find((run) => run.run_id === view.account.run_id));
  showFailures(view.failures, view.now);
  showDryRun(view.dry_run, view.account.started_at);
  showRuns(view.runs, view.now);
}

// ------------------------------------------------------------------------------ now
function showNow(row, now) {
  b.showState(b.byId("state"), row.status);
  const reason = b.byId("reason");
  reason.hidden = !row.reason_code;
  b.setText(reason, row.reason_code || "");
  reason.href = "#runbook";
  b.byId("progress").value = row.progress_pct;
  b.setText(b.byId("progress-text"), `${b.percent(row.progress_pct)}, ${b.count(row.notes_processed)} of ${b.count(row.notes_total)} notes`);
  showFacts([
    ["CDP tenant", row.company_sso_id || "not bound yet"],
    ["Phase", row.phase.replaceAll("_", " ")],
    ["Match", b.percent(row.match_pct)],
    ["Failure rate", b.percent(row.failure_rate)],
    ["Attachments", `${b.count(row.attachments_linked)} linked, ${b.count(row.attachments_failed)} failed`],
    ["Started by", row.triggered_by || "–"],
    ["Since", `${b.ago(row.started_at, now)}\n${b.exactly(row.started_at)}`],
    ["Ends about", row.estimated_end ? `${b.ago(row.estimated_end, now)}\n${b.exactly(row.estimated_end)}` : "–"],
    ["Last event", `${b.ago(row.updated_at, now)}\n${b.exactly(row.updated_at)}`],
  ]);
  const action = viewer.may_trigger ? b.actionOf(row) : null;
  b.byId("act").hidden = !action;
  b.setText(b.byId("act"), action ? `${action}…` : "");
  b.byId("rehearse").hidden = !action;
}

function showFacts(facts) {
  const list = b.byId("facts");
  while (list.children.length < facts.length) list.append(b.el("div", {}, b.el("dt"), b.el("dd")));
  facts.forEach(([name, value], at) => {
    b.setText(list.children[at].children[0], name);
    b.setText(list.children[at].children[1], value);
  });
}

function showLedger(run) {
  const wanted = run ? JSON.stringify(run.classes) : "";
  if (wanted === drawn) return;
  drawn = wanted;
  b.byId("ledger").replaceChildren(...(run ? ledgerPicture(run) : []));
}

// ------------------------------------------------------------------------------ what failed
function showFailures(failures, now) {
  b.byId("failures-none").hidden = failures.length > 0;
  b.byId("csv").hidden = !failures.length;
  const wanted = failures.map((group) => {
    const key = `${group.kind}:${group.reason_code}`;
    if (!groups.has(key)) groups.set(key, makeGroup(group));
    fillGroup(groups.get(key), group, now);
    return groups.get(key).node;
  });
  const ended = current.account.reason_code;
  if (ended) {
    if (!groups.has(ended)) groups.set(ended, makeEnd(ended));
    wanted.unshift(groups.get(ended).node);
  }
  const list = b.byId("failures");
  const same = wanted.length === list.children.length && wanted.every((node, at) => list.children[at] === node);
  if (!same) list.replaceChildren(...wanted);
}

function makeGroup(group) {
  const made = { title: b.el("summary"), ids: b.el("p", { className: "ids" }), book: b.el("div") };
  made.node = b.el("details", {}, made.title, made.ids, made.book);
  made.node.addEventListener("toggle", () => made.node.open && showRunbook(made.book, group.reason_code));
  return made;
}

function makeEnd(code) {
  const made = { title: b.el("summary", { textContent: `${code}: why the run ended like this` }), book: b.el("div") };
  made.node = b.el("details", { id: "runbook" }, made.title, made.book);
  made.node.addEventListener("toggle", () => made.node.open && showRunbook(made.book, code));
  b.byId("reason").addEventListener("click", () => (made.node.open = true));
  return made;
}

function fillGroup(made, group, now) {
  const [one, many] = KINDS[group.kind] || [group.kind, group.kind];
  b.setText(made.title, `${group.reason_code}: ${b.count(group.count)} ${group.count === 1 ? one : many}, last seen ${b.ago(group.last_seen, now)}`);
  const more = group.count > group.note_ids.length ? ` and ${b.count(group.count - group.note_ids.length)} more` : "";
  b.setText(made.ids, `CRM note ids: ${group.note_ids.join(", ")}${more}`);
}

async function showRunbook(place, code) {
  if (place.dataset.code === code) return;
  try {
    const book = await b.ask(`runbooks/${encodeURIComponent(code)}`);
    const parts = book.sections.flatMap(({ heading, text }) => [b.el("h3", { textContent: heading }), ...text.split(/\n(?=\d+\.|- )|\n\n/).map(paragraph)]);
    place.replaceChildren(...parts, b.el("p", { className: "quiet small", textContent: `Runbook: ${book.path}` }));
    place.dataset.code = code;
  } catch (error) {
    place.replaceChildren(b.el("p", { className: "problem", textContent: error.message }));
  }
}

// `code` stands out; everything stays text.
function paragraph(text) {
  const pieces = text.split("`").map((piece, at) => (at % 2 ? b.el("code", { textContent: piece }) : piece));
  return b.el("p", {}, ...pieces);
}

// ------------------------------------------------------------------------------ runs
function showRuns(list, now) {
  const wanted = list.map((run) => {
    if (!runs.has(run.run_id)) runs.set(run.run_id, makeRun(run.run_id));
    fillRun(runs.get(run.run_id), run, now);
    return runs.get(run.run_id).tr;
  });
  const body = b.byId("rows");
  const same = wanted.length === body.children.length && wanted.every((tr, at) => body.children[at] === tr);
  if (!same) body.replaceChildren(...wanted);
}

function makeRun(runId) {
  const cells = COLUMNS.map((title, at) => b.el(at ? "td" : "th", { role: at ? "cell" : "rowheader", "data-label": title }));
  cells[0].scope = "row";
  cells[0].textContent = runId;
  const [state, reason] = [b.el("span"), b.el("span", { className: "small code" })];
  const [seen, log] = [b.airflowLink("run", "#"), b.airflowLink("log", "#")];
  seen.setAttribute("aria-label", `Run ${runId} in Airflow`);
  log.setAttribute("aria-label", `Log of ${runId} in Airflow`);
  cells[1].append(state, " ", reason);
  cells[10].append(seen, " ", log);
  return { tr: b.el("tr", { role: "row" }, ...cells), cells, state, reason, seen, log };
}

// A run counts what it would do, has found or has done; a rollback's own counts are in its log.
function saidOf({ mode, classes, attachments_linked: linked, attachments_failed: failed }) {
  const [migrated, there] = [b.count(classes.migrated), b.count(classes.migrated + classes.already_present)];
  const said = { failed: b.count(classes.failed), attachments: `${b.count(linked)} linked, ${b.count(failed)} failed` };
  if (mode.startsWith("rollback")) return { notes: "–", failed: "–", attachments: "–" };
  if (mode === "dry_run") return { ...said, notes: `${migrated} would be written`, attachments: `${b.count(linked)} to link, ${b.count(failed)} would fail` };
  return { ...said, notes: mode === "verify" ? `${there} there` : `${migrated} written, ${there} there` };
}

function fillRun(made, run, now) {
  const { cells } = made;
  const said = saidOf(run);
  b.showState(made.state, b.stateOf(run));
  b.setText(made.reason, run.reason_code || "");
  b.setText(cells[2], run.mode.replaceAll("_", " "));
  b.setText(cells[3], run.triggered_by);
  b.setTime(cells[4], run.started_at, now);
  b.setTime(cells[5], run.finished_at, now);
  b.setText(cells[6], said.notes);
  b.setText(cells[7], said.failed);
  b.setText(cells[8], b.percent(run.match_pct));
  b.setText(cells[9], said.attachments);
  made.seen.href = b.runUrl(run);
  made.log.href = b.runUrl(run, b.logTask(run));
}

const rehearsalOf = ({ cid, company_sso_id }) => ({ cid, company_sso_id, mode: "dry_run" });

function begin() {
  document.title = `${cid} – CRM notes migration`;
  b.setText(b.byId("title"), cid);
  b.byId("certificate").href = b.certificatePage(cid);
  b.byId("csv").href = b.apiUrl(`accounts/${encodeURIComponent(cid)}/failures.csv`);
  for (const title of COLUMNS) b.byId("heads").append(b.el("th", { role: "columnheader", scope: "col", textContent: title }));
  b.byId("act").addEventListener("click", () => b.confirmStart(b.confOf(current.account), refresh));
  b.byId("rehearse").addEventListener("click", () => b.confirmStart(rehearsalOf(current.account), refresh));
  b.ask("viewer").then((who) => {
    viewer = who;
    if (current) show(current);
  }, (error) => b.problem(error.message));
  refresh = b.keepFresh(() => b.ask(`accounts/${encodeURIComponent(cid)}`), show);
}

begin();
