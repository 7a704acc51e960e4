// A method of one slider and one number: all that a method's script must give, and the two that it may.

export const method = {
  packs: (trial) => [trial.pack],
  room: (trial) => ({ css_width: trial.width, css_height: trial.height }),
  createTask,
  createExample,
  next: lastFirst,
  columns: { number: (row) => row.number },
  reductions: (rows) => [rows],
};

function lastFirst(page, state, arrived) {
  const last = page.study.filter(({ trial }) => !state.finished.includes(trial)).at(-1);
  return last && arrived(last) ? last : null;
}

function createExample({ part }) {
  part("what-to-do").textContent = "Say how much.";
  return { still() {}, start() {}, stop() {}, setFrameMs() {} };
}

function createTask({ part, window, elapsed, record }) {
  const nothing = () => {};
  const ahead = new Map();

  function pictureOf(trial, pack) {
    const picture = window.document.createElement("img");
    picture.src = window.URL.createObjectURL(new Blob([pack.frames[pack.levels[trial.level_max]].bytes]));
    return picture;
  }

  return {
    run(trial, [pack]) {
      const document = window.document;
      const started = Math.round(elapsed());
      const picture = ahead.get(trial.trial) ?? pictureOf(trial, pack);
      picture.dataset.ahead = ahead.has(trial.trial);
      const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 10, value: 0 });
      slider.dataset.hit = "number";
      slider.dataset.trial = trial.trial;
      slider.ariaLabel = "how much";
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: "That much" });
      button.dataset.hit = "answer";
      part("picture").replaceChildren(picture);
      part("controls").replaceChildren(slider, button);
      return new Promise((done) => {
        button.addEventListener("click", () => {
          part("controls").replaceChildren();
          record({ trial: trial.trial, attempt: 1, started_ms: started, ended_ms: Math.round(elapsed()), number: Number(slider.value) });
          done();
        });
      });
    },
    prepare(trial, [pack]) {
      ahead.set(trial.trial, pictureOf(trial, pack));
    },
    refit: nothing, stop: nothing, pause: nothing, resume: nothing, hide: nothing, reveal: nothing, setFrameMs: nothing,
  };
}
