// Typed answers of the survey.

/** @typedef {HTMLInputElement|HTMLTextAreaElement|RadioNodeList} Field */

/** @param {HTMLFormElement} form @param {SurveyQuestion[]} questions @param {Words} words */
export function createSurvey(form, questions, words) {
  const field = (/** @type {string} */ name) => /** @type {Field} */ (form.elements.namedItem(`survey-${name}`));

  /** @param {SurveyQuestion} question */
  function answer({ name, kind }) {
    const { value } = field(name);
    if (value === "") return null;
    return kind === "number" || kind === "scale" ? Number(value) : value;
  }

  /** @param {SurveyQuestion} question */
  function fault(question) {
    const element = field(question.name);
    const validity = element instanceof RadioNodeList ? null : element.validity;
    if (answer(question) === null && !validity?.badInput) return question.required ? words("survey_required") : "";
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
