// Which screen is shown: one of the contract's, as <html data-screen>.

/** @param {HTMLElement} root the html element */
export function createScreens(root) {
  const parts = [...root.querySelectorAll("[data-screen-part]")];

  function show(screen, { focus = true } = {}) {
    root.dataset.screen = screen;
    let shown = null;
    for (const part of parts) {
      const current = part.dataset.screenPart.split(" ").includes(screen);
      part.hidden = !current;
      if (current) shown ??= part;
    }
    root.ownerDocument.defaultView.scrollTo(0, 0);
    if (focus) shown?.querySelector("h1")?.focus({ preventScroll: true });
  }

  return { show, current: () => root.dataset.screen };
}

/** The screens of a page in order, without those it has no use for. */
export function screenOrder(page) {
  const order = ["consent", "instructions"];
  if (page.display.scaling === "physical") order.push("calibration");
  order.push("distance");
  if (page.training.length) order.push("training");
  if (page.study.length) order.push("study");
  if (page.survey.length) order.push("survey");
  return [...order, "submit", "done"];
}
