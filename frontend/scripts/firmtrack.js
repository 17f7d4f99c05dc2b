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

// A button copies a text; where the browser does not let it, the text is left selected.
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies);
  text.focus();
  text.select();
  try {
    await navigator.clipboard.writeText(text.value);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Selected: copy it with your keyboard";
  }
});
