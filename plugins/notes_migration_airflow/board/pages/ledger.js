// The notes of a run by class: one bar, with the same numbers as text below it.

import * as b from "./common.js";

const WORDS = {
  migrated: "Written by this run",
  already_present: "Were there before",
  failed: "Failed",
  not_processed: "Not processed yet",
  vanished_at_source: "Vanished at the source",
  erased_in_cdp: "Erased in the CDP",
  out_of_scope: "Out of scope",
};
const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [1000, 36];

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export function ledgerPicture(run, words = WORDS) {
  const total = run.source_total;
  const parts = Object.keys(words).filter((name) => name in run.classes).map((name) => [name, run.classes[name]]);
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", class: "ledger" });
  picture.setAttribute("aria-label", `${b.count(total)} notes: ` + parts.map(([name, number]) => `${words[name]} ${b.count(number)}`).join(", "));
  const legend = b.el("ul", { className: "legend" });
  let x = 0;
  parts.forEach(([name, number], at) => {
    const letter = String.fromCharCode(65 + at);
    // What is there is seen, however little it is.
    const width = number && total ? Math.max((WIDTH * number) / total, 4) : 0;
    if (width) picture.append(shape("rect", { x, y: 0, width, height: HEIGHT, class: name }));
    x += width;
    const share = total ? b.percent(Math.floor((10000 * number) / total) / 100) : "–";
    const swatch = b.el("span", { className: `swatch ${name}`, "aria-hidden": "true", textContent: letter });
    legend.append(b.el("li", {}, swatch, ` ${words[name]}: `, b.el("strong", { textContent: b.count(number) }), ` (${share})`));
  });
  picture.setAttribute("viewBox", `0 0 ${Math.max(x, 1)} ${HEIGHT}`);
  return [picture, legend];
}
