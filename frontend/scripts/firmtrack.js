// Every page works without this: it moves the focus where it helps and stops double submission.

import { Button, ErrorSummary, SkipLink, createAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
createAll(Button, { preventDoubleClick: true });
createAll(ErrorSummary);
createAll(SkipLink);

// What an address names unfolds. Browsers that know this themselves have done it already.
const unfoldNamed = () => {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = named?.closest("details");
  if (folded) {
    folded.open = true;
    named.scrollIntoView();
  }
};
addEventListener("hashchange", unfoldNamed);
unfoldNamed();

// News replace a part of the page: what its reader had unfolded stays unfolded.
let unfolded = [];
document.body.addEventListener("htmx:beforeSwap", () => {
  unfolded = [...document.querySelectorAll("details[open] > [id]")].map((each) => each.id);
});
document.body.addEventListener("htmx:afterSettle", () => {
  for (const id of unfolded) {
    document.getElementById(id)?.closest("details")?.setAttribute("open", "");
  }
});
