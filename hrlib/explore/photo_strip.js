// Photos in a row, each a button.
function render({ model, el }) {
  const row = document.createElement("div");
  row.className = "hrlib-strip";
  row.dataset.lmSuppressShortcuts = "true";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", model.get("label"));
  el.append(row);
  function fill() {
    row.replaceChildren(
      ...model.get("photos").map(({ source, alt }, place) => {
        const button = document.createElement("button");
        const image = Object.assign(new Image(), { src: source, alt });
        Object.assign(button, { type: "button", title: alt, onclick: () => model.send({ place }) });
        button.append(image);
        return button;
      }),
    );
  }
  model.on("change:photos", fill);
  fill();
}

export default { render };
