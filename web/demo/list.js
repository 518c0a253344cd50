// The list of documents: which wait for whom, and which are ticked for a batch.

import { element, make, show, words } from "/screen.js";

/** The stages in which a document waits for this role. */
export function stagesOf(role) {
  return role === "leader" ? ["draft"] : ["signed", "numbered"];
}

export function showList({ documents, role, filter, current, chosen }) {
  const waits = ({ stage }) => stagesOf(role).includes(stage);
  const waiting = documents.filter(waits);
  const listed = filter === "mine" ? waiting : documents;
  element("mine").textContent = words().mine(waiting.length);
  element("all").textContent = words().all(documents.length);
  const focused = document.activeElement.id;
  element("list").replaceChildren(
    ...listed.map((listing) => item(listing, { waits: waits(listing), current, chosen })),
  );
  // Made anew, the list keeps the keyboard's place.
  if (/^(link|tick)-/.test(focused)) element(focused)?.focus({ preventScroll: true });
  const everything = element("everything");
  everything.disabled = waiting.length === 0;
  everything.checked = waiting.length > 0 && waiting.every(({ id }) => chosen.has(id));
  show("nothing", listed.length === 0);
}

function item({ id, kind, number, about, to, stage }, { waits, current, chosen }) {
  const name = [kind, about, to].filter(Boolean).join(", ");
  const box = make("input", [], { type: "checkbox", id: `tick-${id}`, value: id, "aria-label": name });
  box.checked = chosen.has(id);
  box.disabled = !waits;
  const link = make(
    "a",
    [
      make("span", [kind, number].filter(Boolean).join(" "), { class: "kind" }),
      make("span", about, { class: "subject" }),
      ...(to ? [make("span", to, { class: "quiet" })] : []),
      make("span", words().stages[stage], { class: `badge ${stage}` }),
    ],
    { href: `#/${id}`, id: `link-${id}` },
  );
  if (current?.id === id) link.setAttribute("aria-current", "true");
  return make("li", [box, link]);
}
