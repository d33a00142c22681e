// Names sliders and their values for screen readers, makes status lines live, lets pictures be
// dropped and starts downloads: what ipywidgets leaves out. Run once a page.
(() => {
  if (window.t2iStudio) return;
  window.t2iStudio = true;

  const set = (element, name, value) => {
    if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  const nameSliders = (panel) => {
    for (const slider of panel.querySelectorAll(".widget-slider, .widget-hslider")) {
      const label = slider.querySelector(".widget-label")?.textContent.trim() ?? "";
      const readout = slider.querySelector(".widget-readout");
      const handle = slider.querySelector(".noUi-handle");
      set(handle, "aria-label", label);
      set(handle, "aria-valuetext", readout?.textContent.trim() ?? "");
      if (readout?.isContentEditable) {
        set(readout, "role", "textbox");
        set(readout, "aria-label", `${label}, as a number`);
      }
    }
  };

  const enliven = (panel) => {
    for (const line of panel.querySelectorAll(".t2i-status")) set(line, "role", "status");
    for (const field of panel.querySelectorAll("textarea, input[type=text]")) set(field, "dir", "auto");
  };

  const dropCounts = (panel) => {
    for (const button of panel.querySelectorAll(".widget-upload")) {
      const text = button.lastChild; // "choose a picture (0)"
      const plain = text?.textContent.replace(/ \(\d+\)$/, "");
      if (text && plain !== text.textContent) text.textContent = plain;
    }
  };

  const download = (panel) => {
    for (const link of panel.querySelectorAll("a[data-once]")) {
      const key = `t2i-${link.dataset.once}`;
      if (sessionStorage.getItem(key)) continue; // a page that is loaded again saves nothing
      sessionStorage.setItem(key, "saved");
      link.click();
    }
  };

  // ipywidgets keeps the file input of an upload button to itself: it is caught as it is clicked.
  let dropped = null;
  const click = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") this.addEventListener("change", refuseLarge, { capture: true });
    if (!dropped) return click.call(this);
    this.files = dropped;
    this.dispatchEvent(new Event("change"));
  };

  const give = (button, files) => {
    dropped = files;
    try {
      button.click();
    } finally {
      dropped = null;
    }
  };

  // A server closes the connection on a message beyond its limit: the file must not be sent.
  const LARGEST = 60 * 2 ** 20; // bytes; serve.py lets 64 MiB pass
  const refuseLarge = (event) => {
    const size = event.target.files[0]?.size ?? 0;
    if (size <= LARGEST) return;
    event.stopImmediatePropagation();
    const said = `that file has ${Math.round(size / 2 ** 20)} MiB: take a picture of at most 60`;
    for (const line of document.querySelectorAll(".t2i-describe .t2i-status .widget-html-content")) {
      line.innerHTML = '<span class="t2i-problem"></span>';
      line.firstChild.textContent = said;
    }
  };

  const acceptDrops = (panel) => {
    for (const card of panel.querySelectorAll(".t2i-describe:not([data-drop])")) {
      card.dataset.drop = "";
      card.addEventListener("dragover", (event) => {
        event.preventDefault();
        event.stopPropagation();
        card.classList.add("t2i-over");
      });
      card.addEventListener("dragleave", () => card.classList.remove("t2i-over"));
      card.addEventListener("drop", (event) => {
        event.preventDefault();
        event.stopPropagation();
        card.classList.remove("t2i-over");
        if (event.dataTransfer.files.length) {
          give(card.querySelector(".widget-upload"), event.dataTransfer.files);
        }
      });
    }
  };

  const mend = () => {
    for (const panel of document.querySelectorAll(".t2i-studio")) {
      for (const step of [nameSliders, enliven, dropCounts, download, acceptDrops]) step(panel);
    }
  };

  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      mend();
    }, 50);
  };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, characterData: true });
  mend();
})();
