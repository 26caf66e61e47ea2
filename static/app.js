// What the pages gain where JavaScript runs. Each of them works without it.
(() => {
  const live = (text) => {
    const region = document.getElementById("live");
    if (region && text && region.textContent !== text) region.textContent = text;
  };

  // --- typed text is never lost ---------------------------------------------------
  const typed = () => document.querySelector("textarea[data-typed]");
  const isDirty = (area) => Boolean(area) && area.value !== area.defaultValue;
  let leaving = false;

  document.addEventListener("input", (event) => {
    if (event.target === typed()) document.getElementById("draft").classList.toggle("is-dirty", isDirty(event.target));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.hasAttribute("data-guard")) leaving = true;
  });
  window.addEventListener("pageshow", () => { leaving = false; });
  window.addEventListener("beforeunload", (event) => {
    const areas = document.querySelectorAll("textarea[data-typed], [data-guard] textarea, textarea[name=note]");
    if (!leaving && [...areas].some(isDirty)) event.preventDefault();
  });
  // A new draft must not replace text that an agent is changing: it is announced instead.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.id !== "draft") return;
    const area = typed();
    if (!isDirty(area) && document.activeElement !== area) return;
    event.detail.shouldSwap = false;
    document.body.classList.add("was-kept");
    live("A new draft is ready. Your typed text was left alone.");
  });

  // --- the part that asks every second ---------------------------------------------
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.hasAttribute("data-poll")) event.preventDefault();
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    live(event.target.dataset && event.target.dataset.say);
    if (event.target.id === "relabel") event.target.querySelector("select")?.focus();
  });

  // --- menus and help ----------------------------------------------------------------
  const menu = () => document.querySelector("details.menu[open]");
  document.addEventListener("click", (event) => {
    const open = menu();
    if (open && !open.contains(event.target)) open.open = false;
  });

  // --- keys: inert while typing, and off where the person switched them off -------------
  const links = () => [...document.querySelectorAll("[data-row] .row-subject")];
  const move = (by) => {
    const all = links();
    const here = all.indexOf(document.activeElement);
    const next = all[here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1)];
    next?.focus();
  };
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    n: () => document.querySelector('[data-key="n"]')?.click(),
    "/": () => document.getElementById("id_q")?.focus(),
    "?": () => document.getElementById("keys").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu()) {
      const open = menu();
      open.open = false;
      open.querySelector("summary").focus();
    }
    const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.body.dataset.keys !== "on" || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
