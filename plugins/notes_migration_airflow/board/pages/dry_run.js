// What the account's last dry run foretells: a migration with the same settings, as far as reading can tell.

import * as b from "./common.js";

const COLUMNS = ["What", "Which", "How many", "Size"];
const UNITS = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]];

const size = (bytes) => {
  const [unit, factor] = UNITS.find(([, each]) => bytes >= each) || ["bytes", 1];
  return `${b.count(Math.round((bytes / factor) * 10) / 10)} ${unit}`;
};
const duration = (seconds) => (seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`);
const many = (number, one) => `${b.count(number)} ${one}${number === 1 ? "" : "s"}`;

// The end comes first: below the gate, or with too many failures, a migration writes little or nothing.
function factsOf({ report, ...run }) {
  const { from, to } = report.estimated_seconds;
  const { attachments, classes } = report;
  const quota = attachments.fits_quota ? "fits" : "▲ does not fit";
  return [
    ["Run", b.airflowLink(run.run_id, b.runUrl(run))],
    ["Began", b.exactly(run.started_at)],
    ["Would end", `${b.stateWord(run.status)}${run.reason_code ? `\n${run.reason_code}` : ""}`],
    ["CDP tenant tried", run.company_sso_id],
    ["Coverage", `${b.percent(report.coverage_pct ?? null)}\n${b.count(report.persons_resolved || 0)} of ${many(report.persons || 0, "person")}`],
    ["Would be written", `${b.count(report.would_migrate)} of ${b.count(report.source_total - classes.out_of_scope)} notes`],
    ["Match", b.percent(report.match_pct)],
    ["Failure rate", b.percent(report.failure_rate)],
    ["Attachments", `${b.count(attachments.linked)} to link, ${b.count(attachments.failed)} would fail`],
    ["Quota", `${quota}\n${size(attachments.bytes)} of ${size(attachments.quota_left_bytes)} left`],
    ["Takes about", `${duration(from)} to ${duration(to)}`],
  ];
}

function rowsOf({ attachments, owners, ...report }) {
  const most = (counts) => Object.entries(counts).sort((one, other) => other[1] - one[1]);
  return [
    ...most(report.failed_by_reason).map(([code, number]) => ["Note would fail", code, many(number, "note"), ""]),
    ...most(attachments.failed_by_reason).map(([code, number]) => ["File would fail", code, many(number, "file"), ""]),
    ...report.hosts_not_allowed.map(({ host, files }) => ["Host is not on the allow-list", host, many(files, "file"), ""]),
    ...most(report.html_warnings).map(([kind, number]) => ["Warning about HTML", kind, many(number, "time"), ""]),
    ...most(report.other_warnings || {}).map(([kind, number]) => ["Other warning", kind, many(number, "time"), ""]),
    ["Author", "known to identity", many(owners.resolved, "note"), ""],
    ["Author", "by label only", many(owners.by_label, "note"), ""],
    ...Object.entries(attachments.by_type).map(([type, { files, bytes }]) => ["Files by type", type, many(files, "file"), size(bytes)]),
  ];
}

function row(values) {
  const cells = values.map((value, at) => b.el(at ? "td" : "th", { role: at ? "cell" : "rowheader", "data-label": COLUMNS[at], textContent: value }));
  cells[0].scope = "row";
  return b.el("tr", { role: "row" }, ...cells);
}

let drawn = "";

export function showDryRun(dryRun, lastStarted) {
  b.byId("dry-run").hidden = !dryRun;
  if (!dryRun) return;
  b.byId("dry-run-old").hidden = !(lastStarted && lastStarted > dryRun.started_at);
  b.byId("dry-run-nothing").hidden = dryRun.report.coverage_reached !== false;
  const wanted = JSON.stringify(dryRun); // its end comes a moment after its report
  if (wanted === drawn) return;
  drawn = wanted;
  const facts = factsOf(dryRun).map(([name, value]) => b.el("div", {}, b.el("dt", { textContent: name }), b.el("dd", {}, value)));
  b.byId("dry-run-facts").replaceChildren(...facts);
  b.byId("dry-run-rows").replaceChildren(...rowsOf(dryRun.report).map(row));
}
