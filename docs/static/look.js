// Figures follow the page between light and dark, as the theme's switch and the system have it.
(() => {
  if (!window.Plotly) return;
  const looks = LOOKS;
  const dark = () => {
    const chosen = document.body.dataset.theme;
    return chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  };
  const follow = () => {
    for (const figure of document.querySelectorAll(".plotly-graph-div")) {
      Plotly.relayout(figure, { template: looks[dark() ? "dark" : "light"] });
    }
  };
  addEventListener("load", () => {
    if (dark()) follow();
    new MutationObserver(follow).observe(document.body, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
  });
})();
// Plotly's buttons and sliders take the mouse alone; here keys reach and use them, too.
addEventListener("load", () => {
  const usable = (element, role, label, press) => {
    for (const [name, value] of Object.entries({ tabindex: 0, role, "aria-label": label })) element.setAttribute(name, value);
    element.onkeydown = (event) => {
      if (press(event.key)) event.preventDefault(); // else the page scrolls
    };
  };
  const reach = (figure) => {
    for (const button of figure.querySelectorAll(".updatemenu-button")) {
      const click = () => button.dispatchEvent(new MouseEvent("click"));
      usable(button, "button", button.textContent, (key) => ["Enter", " "].includes(key) && (click(), true));
    }
    figure.querySelectorAll(".slider-group").forEach((group, place) => {
      const { steps, active = 0 } = figure.layout.sliders[place];
      usable(group, "slider", figure.layout.title?.text ?? "slider", (key) => {
        const turn = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[key];
        const step = turn && steps[(figure.layout.sliders[place].active ?? 0) + turn];
        if (step) Plotly[step.method](figure, ...step.args);
        return turn;
      });
      const now = { valuemin: 0, valuemax: steps.length - 1, valuenow: active, valuetext: steps[active].label };
      for (const [name, value] of Object.entries(now)) group.setAttribute(`aria-${name}`, value);
    });
  };
  for (const figure of document.querySelectorAll(".plotly-graph-div")) {
    reach(figure);
    for (const event of ["plotly_afterplot", "plotly_sliderchange", "plotly_animated"]) figure.on?.(event, () => reach(figure));
  }
});
