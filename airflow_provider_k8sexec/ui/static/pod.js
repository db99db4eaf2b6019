"use strict";

// The colours and the font of the Airflow page around this one; the style sheet's own where it stands alone.
const COLOURS = [
  "bg", "bg-subtle", "bg-muted", "fg", "fg-muted", "border", "brand-solid", "brand-contrast", "brand-focusRing",
  "error-fg", "error-subtle", "info-fg", "info-subtle",
];

function pageAround() {
  try {
    return window.parent === window ? null : window.parent.document.documentElement;
  } catch {
    return null;
  }
}

function wearLookOf(page) {
  const theirs = getComputedStyle(page);
  const ours = document.documentElement.style;
  ours.colorScheme = theirs.colorScheme;
  for (const name of COLOURS) {
    const colour = theirs.getPropertyValue(`--chakra-colors-${name}`);
    if (colour) ours.setProperty(`--${name}`, colour);
  }
  ours.setProperty("--body", getComputedStyle(page.querySelector("body")).fontFamily);
}

const around = pageAround();
if (around) {
  wearLookOf(around);
  new MutationObserver(() => wearLookOf(around)).observe(around, { attributes: true, attributeFilter: ["class", "style"] });
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without HTTPS there is no clipboard but that of the selection.
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("button.copy");
  button?.addEventListener("click", async () => {
    const lines = [...document.querySelectorAll(".yaml .line")].map((line) => line.textContent);
    await copy(`${lines.join("\n")}\n`);
    document.querySelector(".copied").textContent = "Copied";
  });
  for (const plot of document.querySelectorAll(".plot")) {
    const readout = plot.querySelector(".readout");
    const summary = readout.textContent;
    const svg = plot.querySelector("svg");
    svg.addEventListener("pointerover", (event) => {
      readout.textContent = event.target.closest("g")?.dataset.text ?? summary;
    });
    svg.addEventListener("pointerleave", () => { readout.textContent = summary; });
  }
});
