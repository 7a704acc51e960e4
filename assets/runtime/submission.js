// The submission: what is recorded, at most 64 KB of it, as JSON, CSV and a form.

const LIMIT_BYTES = 64 * 1024;
const MARGIN_BYTES = 1024;

const sizeOf = (submission) => new TextEncoder().encode(JSON.stringify(submission)).length;

/** The submission within 64 KB: slider traces are thinned as far as needed, answers never. */
export function fitSubmission(submission) {
  for (let most = 400; sizeOf(submission) > LIMIT_BYTES - MARGIN_BYTES && most >= 2; most = Math.floor(most / 2)) {
    submission = { ...submission, trials: submission.trials.map((row) => ({ ...row, trace: thinned(row.trace, most) })) };
  }
  if (sizeOf(submission) > LIMIT_BYTES - MARGIN_BYTES) {
    submission = { ...submission, trials: submission.trials.map((row) => ({ ...row, trace: [] })) };
  }
  return submission;
}

/** At most `most` entries of a trace: the ends, and the turns of the slider before the steps between them. */
export function thinned(trace, most) {
  if (trace.length <= most) return trace;
  const turns = trace.filter((entry, number) => {
    const before = trace[number - 1];
    const after = trace[number + 1];
    return !before || !after || Math.sign(entry[1] - before[1]) !== Math.sign(after[1] - entry[1]);
  });
  if (turns.length <= most) return turns;
  const step = (turns.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, number) => turns[Math.round(number * step)]);
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
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
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
