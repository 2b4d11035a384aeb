// Before anything is drawn: the theme that was chosen last, and that scripts run.
"use strict";
document.documentElement.classList.add("scripted");
try {
  const theme = localStorage.getItem("emulator-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing: the theme follows the system.
}
