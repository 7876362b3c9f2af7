// Runs before the first paint: marks that scripts work, and follows the system where nobody chose a theme.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.bsTheme) return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  follow();
  dark.addEventListener("change", follow);
})();
