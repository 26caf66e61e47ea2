// Runs before the page is drawn, so that nobody sees the wrong theme flash by.
// The server writes "light" or "dark"; only "auto" has to ask the device.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (root.dataset.theme === "auto") root.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  root.classList.add("js");
  dark.addEventListener("change", follow);
  follow();
})();
