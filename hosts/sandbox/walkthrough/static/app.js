"use strict";
// A convenience: every page of the app works without it.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    const button = event.submitter;
    if (form.dataset.busy && button) button.textContent = form.dataset.busy + " …";
  });
}
// Back from the browser's own store of pages: what is shown may be long over.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
addEventListener("message", (event) => {
  if (event.origin !== location.origin || typeof event.data !== "object" || event.data === null) return;
  const { unread } = event.data;
  if (typeof unread !== "number") return;
  const badge = document.getElementById("badge");
  if (badge && Number(badge.textContent) !== unread) {
    badge.textContent = String(unread);
    badge.hidden = unread === 0;
  }
  if (document.body.dataset.renews === "notices" && event.data.fresh) location.reload();
});
