// The photo that is asked with: chosen from a file or dropped, with a crop box and scribbles. All coordinates are pixels of the photo.
const SIDE = 360; // css pixels of the photo's longer side

function render({ model, el }) {
  const box = document.createElement("div");
  box.className = "hrlib-canvas";
  box.dataset.lmSuppressShortcuts = "true"; // keys pressed here are no shortcuts of JupyterLab
  const label = document.createElement("label");
  const file = document.createElement("input");
  const canvas = document.createElement("canvas");
  const status = document.createElement("div"); // stays in the page, so that what it comes to say is announced
  label.append("Upload a photo ", file);
  Object.assign(file, { type: "file", accept: "image/jpeg,image/png,image/webp" });
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  status.setAttribute("role", "status");
  box.append(label, canvas, status);
  el.append(box);
  const ink = canvas.getContext("2d");
  const picture = new Image();
  let drawn = null; // the box or the stroke under the pointer
  let later = 0;

  const size = () => model.get("size");
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };

  function draw() {
    const [width, height] = size();
    canvas.hidden = !width;
    if (!width) return;
    const scale = SIDE / Math.max(width, height);
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    if (picture.complete && picture.naturalWidth) ink.drawImage(picture, 0, 0, canvas.width, canvas.height);
    ink.scale(canvas.width / width, canvas.height / height);
    ink.lineCap = ink.lineJoin = "round";
    for (const stroke of [...model.get("strokes"), ...(drawn?.points ? [drawn] : [])]) {
      ink.strokeStyle = stroke.colour;
      ink.lineWidth = stroke.width;
      ink.beginPath();
      for (const [x, y] of [stroke.points[0], ...stroke.points]) ink.lineTo(x, y);
      ink.stroke();
    }
    const crop = drawn?.crop ?? model.get("crop");
    if (crop.length) frame(crop, width, height, 1 / scale);
    const cut = crop.length ? `; crop box from ${crop[0]}, ${crop[1]} to ${crop[2]}, ${crop[3]}` : "; no crop box";
    const keys = "Arrows move the crop box, with shift they change its size, enter makes one, escape takes it away.";
    canvas.setAttribute("aria-label", `${model.get("alt")}, ${width} by ${height} pixels${cut}. ${keys}`);
  }

  function frame([left, top, right, bottom], width, height, pixel) {
    ink.fillStyle = "rgba(0,0,0,.45)";
    ink.beginPath();
    ink.rect(0, 0, width, height);
    ink.rect(left, top, right - left, bottom - top);
    ink.fill("evenodd");
    for (const [colour, dash] of [["#000", []], ["#fff", [6 * pixel, 6 * pixel]]]) { // seen on any photo
      ink.strokeStyle = colour;
      ink.lineWidth = 2 * pixel;
      ink.setLineDash(dash);
      ink.strokeRect(left, top, right - left, bottom - top);
    }
    ink.setLineDash([]);
  }

  function at(event) {
    const shown = canvas.getBoundingClientRect();
    const [width, height] = size();
    const x = ((event.clientX - shown.left) / shown.width) * width;
    const y = ((event.clientY - shown.top) / shown.height) * height;
    return [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
  }

  canvas.onpointerdown = (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    const spot = at(event);
    if (model.get("tool") === "crop") drawn = { start: spot, crop: [] };
    else drawn = { points: [spot], colour: model.get("colour"), width: (model.get("pen") / 100) * Math.max(...size()) };
    draw();
  };
  canvas.onpointermove = (event) => {
    if (!drawn) return;
    const [x, y] = at(event);
    if (drawn.points) drawn.points.push([x, y]);
    else {
      const [a, b] = drawn.start;
      drawn.crop = [Math.min(a, x), Math.min(b, y), Math.max(a, x), Math.max(b, y)].map(Math.round);
    }
    draw();
  };
  canvas.onpointerup = () => {
    const done = drawn;
    drawn = null;
    if (done?.points) put("strokes", [...model.get("strokes"), done]);
    else if (done) {
      const [left, top, right, bottom] = done.crop; // a click makes none, and takes away the one that there is
      put("crop", right - left >= 2 && bottom - top >= 2 ? done.crop : []);
    }
    draw();
  };
  canvas.onpointercancel = () => {
    drawn = null;
    draw();
  };

  canvas.onkeydown = (event) => {
    const [width, height] = size();
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    let crop = [...model.get("crop")];
    const step = steps[event.key];
    if (event.key === "Enter") crop = [width / 4, height / 4, (3 * width) / 4, (3 * height) / 4].map(Math.round);
    else if (event.key === "Escape") crop = [];
    else if (step && crop.length) {
      const [x, y] = step.map((way) => way * Math.max(1, Math.round(Math.max(width, height) / 40)));
      const moved = event.shiftKey ? [0, 0, x, y] : [x, y, x, y];
      crop = crop.map((edge, n) => edge + moved[n]);
      const [left, top, right, bottom] = crop;
      if (left < 0 || top < 0 || right > width || bottom > height || right - left < 2 || bottom - top < 2) crop = model.get("crop");
    } else return;
    event.preventDefault();
    model.set("crop", crop);
    clearTimeout(later);
    later = setTimeout(() => model.save_changes(), 250); // once the keys rest
  };

  async function send(chosen) {
    if (!chosen) return;
    const facts = { name: chosen.name, bytes: chosen.size };
    // a larger message than the server takes would end the connection
    if (chosen.size > model.get("most_bytes")) model.send(facts);
    else model.send(facts, undefined, [await chosen.arrayBuffer()]);
  }
  file.onchange = async () => {
    await send(file.files[0]);
    file.value = ""; // the same file may be chosen again
  };
  box.ondragover = (event) => event.preventDefault();
  box.ondrop = (event) => {
    event.preventDefault();
    send(event.dataTransfer.files[0]);
  };

  function load() {
    const data = model.get("photo");
    URL.revokeObjectURL(picture.src);
    picture.src = data.byteLength ? URL.createObjectURL(new Blob([data], { type: "image/jpeg" })) : "";
  }
  picture.onload = draw;
  model.on("change:photo", load);
  for (const name of ["size", "crop", "strokes", "alt"]) model.on(`change:${name}`, draw);
  const say = () => (status.textContent = model.get("status"));
  model.on("change:status", say);
  load();
  draw();
  say();
  return () => clearTimeout(later);
}

export default { render };
