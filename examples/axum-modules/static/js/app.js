// The entry of the page.

import { stages } from "./model/stages.js";
import { planned } from "./model/walk.js";
import { onChange } from "./dom/listen.js";
import { settingsOf } from "./views/settings.js";
import { showSummary } from "./views/summary.js";
import { showProfile } from "./views/profile.js";
import { showStages } from "./views/stages.js";

const form = document.querySelector("form");

onChange(form, () => {
  const settings = settingsOf(form);
  const walk = planned(stages, settings);
  showSummary(walk, settings);
  showProfile(walk, settings);
  showStages(walk, settings);
});
