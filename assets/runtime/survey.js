// Typed answers of the survey.

/** @param {HTMLFormElement} form @param {{name: string, kind: string, required: boolean}[]} questions */
export function createSurvey(form, questions, words) {
  const field = (name) => form.elements.namedItem(`survey-${name}`);

  function answer({ name, kind }) {
    const { value } = field(name);
    if (value === "") return null;
    return kind === "number" || kind === "scale" ? Number(value) : value;
  }

  function fault(question) {
    const element = field(question.name);
    if (answer(question) === null && !element.validity?.badInput) return question.required ? words("survey_required") : "";
    return element.validity && !element.validity.valid ? words("survey_invalid") : "";
  }

  function tell(question, message) {
    const place = form.querySelector(`[data-survey-fault="${question.name}"]`);
    place.textContent = message;
    const element = field(question.name);
    for (const input of element instanceof RadioNodeList ? element : [element]) {
      input.setAttribute("aria-invalid", String(Boolean(message)));
    }
  }

  return {
    answers: () => Object.fromEntries(questions.map((question) => [question.name, answer(question)])),
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
      if (faulty.length) form.querySelector(`[name="survey-${faulty[0].name}"]`).focus();
      return faulty.length === 0;
    },
  };
}
