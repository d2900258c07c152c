/* Each chart as a file of its own, SVG or PNG: drawn here from what the page shows, so that nothing is sent. */
(() => {
  const said = document.currentScript.dataset;
  const LOOK = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity",
    "font-family", "font-size", "font-weight", "text-anchor", "text-decoration"];
  const SPACE = "http://www.w3.org/2000/svg";

  function standalone(svg) {
    const copy = svg.cloneNode(true);
    const shown = [svg, ...svg.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((one, place) => {
      const look = getComputedStyle(shown[place]);
      for (const name of LOOK) {
        const value = look.getPropertyValue(name);
        if (value) one.setAttribute(name, value);
      }
      one.removeAttribute("class");
      one.removeAttribute("href");
    });
    const box = svg.viewBox.baseVal;
    copy.setAttribute("xmlns", SPACE);
    copy.setAttribute("width", box.width);
    copy.setAttribute("height", box.height);
    const paper = document.createElementNS(SPACE, "rect");
    for (const [name, value] of [["width", "100%"], ["height", "100%"], ["fill", "#fff"]]) paper.setAttribute(name, value);
    copy.prepend(paper);
    return new XMLSerializer().serializeToString(copy);
  }

  function save(address, name) {
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
  }

  function saveSvg(svg, name) {
    save(URL.createObjectURL(new Blob([standalone(svg)], { type: "image/svg+xml" })), `${name}.svg`);
  }

  function savePng(svg, name) {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = 2 * image.width;
      canvas.height = 2 * image.height;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(URL.createObjectURL(blob), `${name}.png`), "image/png");
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone(svg))}`;
  }

  document.querySelectorAll("svg.chart-wide, svg.chart-small, svg.consort").forEach((svg, place) => {
    const name = `${said.study}-${svg.closest("section[id]")?.id || `chart-${place + 1}`}`;
    const line = document.createElement("p");
    line.className = "chart-note d-print-none chart-files";
    line.append(`${said.words} `);
    for (const [label, make] of [["SVG", saveSvg], ["PNG", savePng]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-link btn-sm p-0";
      button.textContent = label;
      button.addEventListener("click", () => make(svg, name));
      line.append(button, " ");
    }
    svg.parentElement.append(line);
  });
})();
