// One document: how far it has come, its PDF, and what the server found in it.

import { currentLanguage, element, make, show, words } from "/screen.js";

const STAGES = ["draft", "signed", "numbered", "sealed"];

export function showDocument({ id, kind, about, to, number, date, stage, title }, verdict) {
  element("document-kind").textContent = [kind, number, date, to].filter(Boolean).join(" · ");
  element("document-title").textContent = about;
  const reached = stage === "sealed" ? STAGES.length : STAGES.indexOf(stage);
  element("steps").replaceChildren(
    ...words().steps.map((name, at) => {
      const step = at < reached ? "done" : at === reached ? "next" : "later";
      const said = make("span", words().step[step], { class: "visually-hidden" });
      return make("li", [name, said], { class: step, ...(step === "next" && { "aria-current": "step" }) });
    }),
  );
  const file = `/documents/${id}.pdf?stage=${stage}`;
  const viewer = element("viewer");
  // A phone's browser shows no PDF inside a page: the link is there for it.
  viewer.hidden = navigator.pdfViewerEnabled === false;
  if (viewer.dataset.file !== file && !viewer.hidden) viewer.src = `${file}#view=FitH&navpanes=0`;
  viewer.dataset.file = file;
  viewer.title = title;
  element("open").href = file;
  showVerdict(verdict);
}

function showVerdict({ valid, signatures, verified_at }) {
  show("verdict", signatures.length > 0);
  element("verdict-title").textContent = valid ? words().valid : words().invalid;
  element("verdict").className = valid ? "valid" : "invalid";
  element("verdict").dataset.count = signatures.length;
  element("signatures").replaceChildren(...signatures.map((found) => signature(found, verified_at)));
}

function signature({ role, valid, problems, signed_at, whole, signer }, verified) {
  return make(
    "li",
    [
      make("p", [make("strong", signer?.name ?? "?"), ` ${words().signatures[role]}`]),
      ...problems.map((problem) => make("p", words().problems[problem], { class: "problem" })),
      facts([
        [words().position, signer?.title],
        [words().signed_at, signed_at && moment(signed_at)],
        [words().covers, whole ? words().covers_all : words().covers_revision],
      ]),
      make("details", [
        make("summary", words().details),
        facts([
          [words().organisation, signer?.organisation],
          [words().issuer, signer?.issuer],
          [words().validity, signer && `${date(signer.not_before)} – ${date(signer.not_after)}`],
          [words().verified_at, moment(verified)],
        ]),
      ]),
    ],
    { class: valid ? "valid" : "invalid" },
  );
}

function facts(pairs) {
  const known = pairs.filter(([, value]) => value);
  return make("dl", known.flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
}

/** The office's own time, as it stands in the documents, wherever the browser is. */
const OFFICE = { timeZone: "Asia/Ho_Chi_Minh" };
const date = (seconds) => new Date(seconds * 1000).toLocaleDateString(currentLanguage(), OFFICE);
const moment = (seconds) => new Date(seconds * 1000).toLocaleString(currentLanguage(), OFFICE);
