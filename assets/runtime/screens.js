// Which screen is shown: one of the contract's, as <html data-screen>.

/** @param {HTMLElement} root the html element @param {Window} window */
export function createScreens(root, window) {
  const parts = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-screen-part]")]);

  /** @param {ScreenName} screen */
  function show(screen, { focus = true } = {}) {
    root.dataset.screen = screen;
    let shown = null;
    for (const part of parts) {
      const current = part.dataset.screenPart?.split(" ").includes(screen) ?? false;
      part.hidden = !current;
      if (current) shown ??= part;
    }
    window.scrollTo(0, 0);
    if (focus) shown?.querySelector("h1")?.focus({ preventScroll: true });
  }

  /** Whether the study can be left, and the way out is shown. @param {boolean} can */
  const setLeavable = (can) => root.toggleAttribute("data-consented", can);

  return { show, setLeavable, current: () => root.dataset.screen };
}

/** The screens of a page in order, without those it has no use for. @param {PageData} page @returns {ScreenName[]} */
export function screenOrder(page) {
  /** @type {[ScreenName, boolean][]} */
  const screens = [
    ["consent", true],
    ["instructions", true],
    ["calibration", page.display.scaling === "physical"],
    ["distance", true],
    ...(page.checks ?? []).map(({ screen }) => /** @type {[ScreenName, boolean]} */ ([screen, screen !== undefined])),
    ["training", page.training.length > 0],
    ["study", page.study.length > 0],
    ["survey", page.survey.length > 0],
    ["submit", true],
    ["done", true],
  ];
  return screens.filter(([, there]) => there).map(([name]) => name);
}
