// The submission: what is recorded, at most 64 KB of it, as JSON, CSV and a form.

import contract from "../contract.json" with { type: "json" };
import { thinned } from "./trace.js";

const MARGIN_BYTES = 1024;
const TRACE_LENGTHS = [400, 200, 100, 50, 25, 12, 6, 2, 0];
const ATTEMPTS_KEPT = [32, 16, 8, 4, 2, 1]; // at either end of a trial's attempts

const sizeOf = (submission) => new TextEncoder().encode(JSON.stringify(submission)).length;

/**
 * The submission within 64 KB. First the slider traces are thinned as far as needed; then, for a worker who was coached
 * a hundred times, the frame statistics of coached attempts go, and at last the attempts in their middle, whose missing
 * numbers tell of them. Answers of study trials are never touched.
 */
export function fitSubmission(submission) {
  for (const reduced of reductions(submission)) if (sizeOf(reduced) <= contract.submission_limit_bytes - MARGIN_BYTES) return reduced;
  return submission;
}

function* reductions(submission) {
  yield submission;
  let { trials } = submission;
  for (const most of TRACE_LENGTHS) {
    trials = trials.map((row) => ({ ...row, trace: thinned(row.trace, most) }));
    yield { ...submission, trials };
  }
  const attempts = new Map(trials.map((row) => [row.trial, row.attempt])); // the last attempt of each trial
  const isLast = (row) => row.attempt === attempts.get(row.trial);
  trials = trials.map((row) => (isLast(row) ? row : { ...row, timing: {} }));
  yield { ...submission, trials };
  for (const most of ATTEMPTS_KEPT) {
    const kept = trials.filter((row) => row.attempt <= most || row.attempt > attempts.get(row.trial) - most);
    yield { ...submission, trials: kept };
  }
}

const COLUMNS = ["batch", "page", "trial", "attempt", "level", "none_seen", "points", "started_ms", "ended_ms", "slider_start"];

/** One row an attempt; text that a spreadsheet would take for a formula is made plain text. */
export function toCsv(submission) {
  const rows = submission.trials.map((row) => ({
    ...row,
    batch: submission.batch,
    page: submission.page,
    points: row.points.map(([x, y]) => `${x} ${y}`).join("; "),
  }));
  return [COLUMNS.join(","), ...rows.map((row) => COLUMNS.map((column) => csvCell(row[column])).join(","))].join("\r\n") + "\r\n";
}

function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "");
  const first = /^'*(.)/s.exec(text)?.[1];
  const plain = first && contract.csv_formula_starts.includes(first) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** Send a form to the recruiter, as its contract wants it. */
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

/** Offer a text as a file. */
export function download(document, name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
