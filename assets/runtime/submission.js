// The submission: what is recorded, at most 64 KB of it, as JSON, CSV and a form.

import contract from "../contract.json" with { type: "json" };

/** @typedef {{batch: string, page: string, trials: Row[], survey?: Record<string, unknown>}} Submission */

const MARGIN_BYTES = 1024;
const ATTEMPTS_KEPT = [32, 16, 8, 4, 2, 1]; // at either end of a trial's attempts
const COLUMNS = ["batch", "page", "trial", "attempt"];

const sizeOf = (/** @type {object} */ submission) => new TextEncoder().encode(JSON.stringify(submission)).length;

/**
 * The submission within its limit. First the method makes its rows smaller; then, for a worker who was coached a hundred
 * times, the attempts in the middle go, whose missing numbers tell of them. A trial's last attempt is never touched. Then the
 * longest words of the survey are halved: better than that nothing is taken.
 * @template {Submission} S @param {S} submission @param {Method["reductions"]} reductions @returns {S}
 */
export function fitSubmission(submission, reductions) {
  let smaller = submission;
  for (const trials of reduced(submission.trials, reductions)) {
    smaller = { ...submission, trials };
    if (fits(smaller)) return smaller;
  }
  while (!fits(smaller)) {
    const [name, text] = longestWords(smaller.survey ?? {});
    if (!text) return submission;
    smaller = { ...smaller, survey: { ...smaller.survey, [name]: text.slice(0, text.length / 2) } };
  }
  return smaller;
}

const fits = (/** @type {Submission} */ submission) => sizeOf(submission) <= contract.submission_limit_bytes - MARGIN_BYTES;

/** @param {Record<string, unknown>} survey @returns {[string, string]} */
function longestWords(survey) {
  const texts = Object.entries(survey).map(([name, answer]) => /** @type {[string, string]} */ ([name, typeof answer === "string" ? answer : ""]));
  return texts.sort(([, one], [, other]) => other.length - one.length)[0] ?? ["", ""];
}

/** @param {Row[]} rows @param {Method["reductions"]} reductions @returns {Generator<Row[]>} */
function* reduced(rows, reductions) {
  yield rows;
  const attempts = new Map(rows.map((row) => [row.trial, row.attempt])); // the last attempt of each trial
  const last = (/** @type {Row} */ row) => attempts.get(row.trial) ?? row.attempt;
  let smallest = rows;
  for (const smaller of reductions(rows, (row) => row.attempt === last(row))) yield (smallest = smaller);
  for (const most of ATTEMPTS_KEPT) yield smallest.filter((row) => row.attempt <= most || row.attempt > last(row) - most);
}

/**
 * One row an attempt; text that a spreadsheet would take for a formula is made plain text.
 * @param {Submission} submission @param {Method["columns"]} columns the method's
 */
export function toCsv(submission, columns) {
  const { batch, page } = submission;
  const lines = submission.trials.map((row) =>
    [batch, page, row.trial, row.attempt, ...Object.values(columns).map((read) => read(row))].map(csvCell).join(","),
  );
  return [[...COLUMNS, ...Object.keys(columns)].join(","), ...lines].join("\r\n") + "\r\n";
}

/** @param {unknown} value */
function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "");
  const first = /^'*(.)/s.exec(text)?.[1];
  const plain = first && contract.csv_formula_starts.includes(first) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/**
 * Send a form to the recruiter, as its contract wants it.
 * @param {Document} document @param {string} address @param {Record<string, string>} fields
 */
export function postForm(document, address, fields) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}

/** Offer a text as a file. @param {Document} document @param {string} name @param {string} type @param {string} text */
export function download(document, name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
