// The certificate of one account: what an engineer shows, or prints, to prove a migration.

import * as b from "./common.js";
import { ledgerPicture } from "./ledger.js";

const cid = decodeURIComponent(location.pathname.split("/").at(-2));
const IDS_SHOWN = 40;
const CLASSES = {
  migrated: ["Written", "written by the migration, and in the CDP"],
  already_present: ["Were there", "in the CDP without the migration's doing"],
  failed: ["Failed", "not in the CDP, for a reason that is named below"],
  vanished_at_source: ["Vanished at the source", "counted by the CRM and not delivered when it was read"],
  erased_in_cdp: ["Erased in the CDP", "written by the migration, and erased by somebody since"],
  out_of_scope: ["Out of scope", "of a type that is not migrated"],
};
const KINDS = {
  missing: "not in the CDP, and nothing on record says why",
  extra: "in the CDP as migrated; neither the CRM nor the migration's records have it",
  content: "the text is not what the CRM's text becomes",
  timestamp: "created or updated at another time than in the CRM",
  contact: "at another contact than the CRM's person",
  owner: "another author, or none though identity knows one",
  attachments: "a file is not linked without a reason on record, or is linked beyond the CRM's",
  object: "storage lacks a linked file, or holds other bytes than were stored",
};
const SINCE = {
  changed_at_source: "changed in the CRM",
  deleted_at_source: "deleted in the CRM",
  edited_in_cdp: "edited or deleted by a user of the CDP; the document is there",
  erased_in_cdp: "erased in the CDP; the document is gone",
};
let viewer = { may_trigger: false };
let current = null;
let refresh = () => {};
let drawn = "";

const moment = (iso) => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
const notes = (number) => (number === 1 ? "1 note" : `${b.count(number)} notes`);
const sum = (numbers) => numbers.reduce((all, each) => all + each, 0);
const ours = (certificate) => sum(Object.keys(KINDS).map((kind) => certificate.differences_by_kind[kind] || 0));

function show(view) {
  current = view;
  showStanding(view);
  const wanted = JSON.stringify(view.certificate);
  if (wanted === drawn) return;
  drawn = wanted;
  b.byId("document").hidden = !view.certificate;
  if (view.certificate) showDocument(view.certificate);
}

// ------------------------------------------------------------------------------ how far it can be relied on
function showStanding({ certificate, written_since: since, verifying, company_sso_id: company, status }) {
  const verdict = b.byId("verdict");
  b.setText(verdict, certificate ? verdictOf(certificate) : "○ No certificate");
  verdict.className = `verdict ${certificate ? (ours(certificate) ? "warn" : "good") : ""}`;
  const warning = certificate ? staleText(since) : "This account has not been verified, or was rolled back since. A run with mode verify makes the certificate; it writes nothing else.";
  b.byId("stale").hidden = !warning;
  b.setText(b.byId("stale"), warning);
  b.byId("verifying").hidden = !verifying;
  b.setText(b.byId("verifying"), verifying ? `A verification is on its way: ${verifying}. Its certificate is shown here when it is done.` : "");
  b.byId("act").hidden = !(viewer.may_trigger && company && !verifying && status !== "in_progress");
  b.setText(b.byId("act"), certificate ? "Verify again…" : "Verify…");
  for (const id of ["print", "json", "csv"]) b.byId(id).hidden = !certificate || (id === "csv" && !certificate.differences_total);
}

function verdictOf(certificate) {
  const number = ours(certificate);
  const failed = certificate.classes.failed ? `; ${notes(certificate.classes.failed)} failed for reasons on record` : "";
  if (number) return `▲ Verified: ${number === 1 ? "1 difference" : `${b.count(number)} differences`} for the migration to explain${failed}`;
  return `✓ Verified: nothing differs that the migration has to explain${failed}`;
}

function staleText(since) {
  if (!since.length) return "";
  const names = since.slice(0, 3).map((run) => `${run.run_id} (${run.mode.replaceAll("_", " ")}, ${run.status === "in_progress" ? "on its way" : moment(run.started_at)})`);
  const more = since.length > 3 ? ` and ${since.length - 3} more` : "";
  return `▲ Out of date: the account was written to after it was verified, by ${names.join(", ")}${more}. Verify it again.`;
}

// ------------------------------------------------------------------------------ the document
function showDocument(certificate) {
  showFacts(certificate);
  showNotes(certificate);
  showParts(certificate);
  showFailures(certificate);
  showKinds("ours", KINDS, certificate);
  showKinds("since", SINCE, certificate);
  b.setText(b.byId("limits"), limitsOf(certificate));
  b.setText(b.byId("digest"), certificate.ids_sha256);
}

function showFacts(certificate) {
  const facts = [
    ["Account", certificate.cid],
    ["CDP tenant", certificate.company_sso_id],
    ["Verified at", moment(certificate.verified_at)],
    ["Verification run", b.airflowLink(certificate.run_id, b.runUrl(certificate))],
    ["Notes at the source", b.count(certificate.source_total)],
    ["Match", b.percent(certificate.match_pct)],
    ["Up to CRM id", certificate.max_id],
  ];
  b.byId("facts").replaceChildren(...facts.map(([name, value]) => b.el("div", {}, b.el("dt", { textContent: name }), b.el("dd", {}, value))));
}

function showNotes(certificate) {
  const words = Object.fromEntries(Object.entries(CLASSES).map(([name, [word]]) => [name, word]));
  b.byId("ledger").replaceChildren(...ledgerPicture(certificate, words));
  const rows = Object.entries(CLASSES).map(([name, [word, meaning]]) => [word, meaning, certificate.classes[name]]);
  fill("classes", ["Class", "Meaning", "Notes"], [...rows, ["All", "what the CRM counts", certificate.source_total]], true);
  const { migrated, already_present: there, vanished_at_source: vanished, erased_in_cdp: erased, out_of_scope: outside } = certificate.classes;
  const wanted = certificate.source_total - outside - vanished - erased;
  b.setText(b.byId("match"), `Match: ${b.count(migrated + there)} of ${notes(wanted)} that should be in the CDP, ${b.percent(certificate.match_pct)}. Notes that vanished, were erased or are out of scope are no part of it.`);
}

function showParts({ attachments, owners, owners_compared: compared }) {
  fill("parts", ["Class", "Meaning", "Count"], [
    ["Files linked", `in storage, ${b.count(attachments.bytes)} bytes`, attachments.linked],
    ["Files failed", "not linked, for a reason that is named below", attachments.failed],
    ["Files in all", "of notes that are in the CDP and unchanged, and what is linked in changed ones", attachments.total],
    ["Authors by id", compared ? "the user's id in the CDP" : "the user's id in the CDP; not compared this time", owners.resolved],
    ["Authors by label", "by name, since identity does not know them", owners.by_label],
    ["Authors in all", "one per note that is in the CDP", owners.resolved + owners.by_label],
  ]);
}

function showFailures({ failed_by_reason: byReason, attachments, owners }) {
  const groups = [
    ...Object.entries(byReason).map(([code, number]) => [code, number, ["note", "notes"]]),
    ...Object.entries(attachments.failed_by_reason).map(([code, number]) => [code, number, ["file", "files"]]),
  ].sort((one, other) => other[1] - one[1]);
  b.byId("failures-none").hidden = groups.length > 0;
  b.byId("failures-table").hidden = !groups.length;
  const rows = fill("failures", ["Reason", "Meaning", "Count"], groups.map(([code, number, [one, many]]) => [code, "", `${b.count(number)} ${number === 1 ? one : many}`]));
  rows.forEach((row, at) => {
    row.cells[0].className = "code";
    row.cells[2].className = "number";
    explain(row.cells[1], groups[at][0]);
  });
}

// The first sentence of the runbook's Meaning; without docs/ the code has to do.
async function explain(cell, code) {
  if (code === "INTERNAL_ERROR") {
    b.setText(cell, "Nothing on record says why: counted among the differences below.");
    return;
  }
  const book = await b.ask(`runbooks/${encodeURIComponent(code)}`).catch(() => ({ sections: [] }));
  const meaning = book.sections.find(({ heading }) => heading === "Meaning");
  b.setText(cell, meaning ? meaning.text.split(/(?<=\.)\s/)[0].replaceAll("`", "") : "");
}

function showKinds(id, kinds, certificate) {
  const found = Object.entries(kinds).filter(([kind]) => certificate.differences_by_kind[kind]);
  b.byId(`${id}-none`).hidden = found.length > 0;
  b.byId(`${id}-table`).hidden = !found.length;
  fill(id, ["Kind", "Meaning", "Notes", "CRM note ids"], found.map(([kind, meaning]) => {
    const number = certificate.differences_by_kind[kind];
    const ids = certificate.differences.filter((each) => each.kind === kind).map((each) => each.legacy_crm_note_id);
    return [kind.replaceAll("_", " ").replace("cdp", "CDP"), meaning, number, idsText(ids, number)];
  }));
}

function idsText(ids, number) {
  const shown = ids.slice(0, IDS_SHOWN);
  const left = number - shown.length;
  return `${shown.join(", ")}${left ? `${shown.length ? " and " : ""}${b.count(left)} more` : ""}`;
}

function limitsOf({ owners_compared: compared, notes_added_since: added, differences, differences_total: total }) {
  const said = [];
  if (!compared) said.push("Authors were not compared: identity did not answer.");
  if (added === null) said.push("Whether notes were added at the CRM since is not known: it gave no count.");
  else if (added) said.push(`${b.count(added)} ${added === 1 ? "note was" : "notes were"} added at the CRM since the migration; they are no part of it.`);
  if (differences.length < total) said.push(`Of ${b.count(total)} differences ${b.count(differences.length)} are listed by id, the migration's own first.`);
  return said.join(" ");
}

function fill(id, titles, rows, withSum = false) {
  const made = rows.map((row, at) => {
    const cells = row.map((value, column) => b.el(column ? "td" : "th", {
      role: column ? "cell" : "rowheader",
      "data-label": titles[column],
      className: typeof value === "number" ? "number" : column === 3 ? "ids" : "",
      textContent: typeof value === "number" ? b.count(value) : value,
    }));
    cells[0].scope = "row";
    return b.el("tr", { role: "row", className: withSum && at === rows.length - 1 ? "sum" : "" }, ...cells);
  });
  b.byId(id).replaceChildren(...made);
  return made;
}

function begin() {
  document.title = `Certificate of ${cid} – CRM notes migration`;
  b.setText(b.byId("title"), `Certificate of ${cid}`);
  b.setText(b.byId("account"), cid);
  b.byId("account").href = b.accountPage(cid);
  b.byId("json").href = b.apiUrl(`accounts/${encodeURIComponent(cid)}/certificate.json`);
  b.byId("csv").href = b.apiUrl(`accounts/${encodeURIComponent(cid)}/differences.csv`);
  b.byId("print").addEventListener("click", () => window.print());
  b.byId("act").addEventListener("click", () => b.confirmStart({ cid, company_sso_id: current.company_sso_id, mode: "verify" }, refresh));
  b.ask("viewer").then((who) => {
    viewer = who;
    if (current) show(current);
  }, (error) => b.problem(error.message));
  refresh = b.keepFresh(() => b.ask(`accounts/${encodeURIComponent(cid)}/certificate`), show);
}

begin();
