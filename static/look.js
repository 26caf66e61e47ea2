// How long this page is in sight, and which receipts were opened. Without it every page works
// the same, and the figures say "not measured".
(() => {
  const form = document.getElementById("look");
  if (!form) return;
  const EVERY = 10_000; // a page that is left open all day still tells what it knows
  const opened = new Set();
  let total = 0;
  let since = null;
  let told = "";

  const settle = () => {
    const now = performance.now();
    if (since !== null) total += now - since;
    since = document.visibilityState === "visible" && document.hasFocus() ? now : null;
  };
  const tell = () => {
    settle();
    const body = new FormData(form);
    body.set("visible_ms", String(Math.round(total)));
    body.set("opened", [...opened].join(","));
    const news = `${body.get("visible_ms")} ${body.get("opened")}`;
    if (news !== told && navigator.sendBeacon(form.action, body)) told = news;
  };

  // A click is also what the keyboard makes of Enter and Space on a summary.
  document.addEventListener("click", (event) => {
    const on = event.target.closest("summary, a");
    const receipt = on && on.closest("[data-receipt]");
    if (receipt) opened.add(receipt.dataset.receipt);
  });
  document.addEventListener("visibilitychange", tell);
  window.addEventListener("pagehide", tell);
  window.addEventListener("blur", settle);
  window.addEventListener("focus", settle);
  setInterval(tell, EVERY);
  settle();
})();
