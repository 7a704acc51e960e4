// Typed answers of the survey.

/** Thousands or decimals: nobody can tell. */
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2},\d{3}$/;

/** What a keyboard for two directions writes unseen beside a number, and what a copied one brings along. */
const UNSEEN = /[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069]/g;
/** Full-width signs, as East Asian keyboards write them, lie so far from their plain ones. */
const FULL_WIDTH = 0xfee0;

/**
 * A number as people write it: with a decimal point or comma, in Western, Arabic or Persian digits, in full width; NaN where it is none.
 * @param {string} text
 */
export function readNumber(text) {
  const narrow = text.replace(UNSEEN, "").trim().replace(/[\uff01-\uff5e]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - FULL_WIDTH));
  const western = narrow.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15));
  if (AMBIGUOUS.test(western)) return Number.NaN;
  const plain = western.replace(/[\u066b,]/, ".").replace("\u2212", "-");
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
}

/** @typedef {HTMLInputElement|HTMLTextAreaElement|RadioNodeList} Field */

/** @param {HTMLFormElement} form @param {SurveyQuestion[]} questions @param {Words} words */
export function createSurvey(form, questions, words) {
  const field = (/** @type {string} */ name) => /** @type {Field} */ (form.elements.namedItem(`survey-${name}`));

  /** @param {SurveyQuestion} question */
  function answer({ name, kind }) {
    const { value, maxLength = -1 } = /** @type {HTMLTextAreaElement} */ (field(name));
    if (value.trim() === "") return null;
    // What writes in the worker's place, such as an extension, keeps to no limit.
    if (kind !== "number" && kind !== "scale") return maxLength > 0 ? value.slice(0, maxLength) : value;
    const number = readNumber(value);
    return Number.isNaN(number) ? null : number;
  }

  /** @param {SurveyQuestion} question */
  function fault(question) {
    const element = field(question.name);
    const { validity = null, dataset = {} } = element instanceof RadioNodeList ? {} : element;
    const number = answer(question);
    if (validity?.badInput || (number === null && element.value.trim() !== "")) return words("survey_invalid");
    const outside = Number(number) < Number(dataset.min ?? -Infinity) || Number(number) > Number(dataset.max ?? Infinity);
    if (number !== null && outside) return words("survey_invalid");
    if (number === null) return question.required ? words("survey_required") : "";
    return validity && !validity.valid ? words("survey_invalid") : "";
  }

  /** @param {SurveyQuestion} question @param {string} message */
  function tell(question, message) {
    const place = form.querySelector(`[data-survey-fault="${question.name}"]`);
    if (place) place.textContent = message;
    for (const input of form.querySelectorAll(`[name="survey-${question.name}"]`)) {
      input.setAttribute("aria-invalid", String(Boolean(message)));
    }
  }

  form.addEventListener("submit", (event) => event.preventDefault()); // Enter in a field sends nothing anywhere

  return {
    answers: () => Object.fromEntries(questions.map((question) => [question.name, answer(question)])),
    /** @param {VisitState["survey"]} answers */
    restore(answers) {
      for (const { name } of questions) if (answers[name] != null) field(name).value = String(answers[name]);
    },
    /** Whether all answers will do; says at each one what is wrong, and goes to the first. */
    check() {
      const faulty = questions.filter((question) => {
        const message = fault(question);
        tell(question, message);
        return message;
      });
      if (!faulty[0]) return true;
      /** @type {HTMLElement|null} */ (form.querySelector(`[name="survey-${faulty[0].name}"]`))?.focus();
      return false;
    },
  };
}
