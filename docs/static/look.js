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
