// Runs before the first paint: says that scripts work, and picks dark or light where the choice is "auto".
(() => {
  const html = document.documentElement;
  html.classList.add("js");
  if (html.dataset.theme !== "auto") return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => { html.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  apply();
  dark.addEventListener("change", apply);
})();
