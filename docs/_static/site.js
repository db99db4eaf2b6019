/* What is wider than its page can be scrolled by keyboard; the two sidebars have names. */
"use strict";

function nameScrollers() {
  for (const element of document.querySelectorAll("article pre, article .table-wrapper")) {
    if (element.scrollWidth > element.clientWidth) {
      const kind = element.matches("pre") ? "Code" : "Table";
      element.tabIndex = 0;
      element.setAttribute("role", "group");
      element.setAttribute("aria-label", `${kind}, scrolls sideways`);
    } else {
      element.removeAttribute("tabindex");
      element.removeAttribute("role");
      element.removeAttribute("aria-label");
    }
  }
}

function nameSidebars() {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
}

addEventListener("DOMContentLoaded", () => {
  nameSidebars();
  nameScrollers();
});
addEventListener("load", nameScrollers);
addEventListener("resize", nameScrollers);
