// The page: one document, one signature, the server's verdict.

import { Kyso, KysoError, digestCode, sha256 } from "/kyso.js";
import { WORDS } from "/words.js";

const element = (id) => document.getElementById(id);

let language = localStorage.getItem("language") ?? "vi";
let file;
let digest;
let running;

const kyso = new Kyso({ name: WORDS.vi.title, language, onState: showState });

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
element("file").addEventListener("change", (event) => choose(event.target.files[0]));
element("drop").addEventListener("dragover", (event) => hover(event, true));
element("drop").addEventListener("dragleave", (event) => hover(event, false));
element("drop").addEventListener("drop", (event) => {
  hover(event, false);
  choose(event.dataTransfer.files[0]);
});
element("load").addEventListener("click", () => run(listCertificates));
element("sign").addEventListener("click", () => run(sign));
element("forget").addEventListener("click", () => run(forget));
element("cancel").addEventListener("click", () => running?.abort());
speak(language);

async function choose(chosen) {
  if (!chosen) return;
  file = chosen;
  digest = await sha256(file);
  element("file-name").textContent = file.name;
  element("drop").classList.add("chosen");
  element("digest-code").textContent = digestCode(digest);
  element("digest").hidden = false;
  element("result").hidden = true;
  element("sign").disabled = false;
}

async function listCertificates(signal) {
  const certificates = await kyso.certificates(undefined, { signal });
  const options = certificates.map(({ id, subject, issuer }) => {
    const names = [subject.common_name ?? subject.text, subject.organisation, issuer.common_name];
    return new Option(names.filter(Boolean).join(" · "), id);
  });
  const select = element("certificate");
  select.replaceChildren(select.options[0], ...options);
}

async function sign(signal) {
  const { name } = file;
  showState("uploading");
  const stored = await post(`/documents?${new URLSearchParams({ name })}`, file, signal);
  const certificate = element("certificate").value || undefined;
  const signed = await kyso.sign([{ name, digest }], { certificate, signal });
  showState("verifying");
  const submission = JSON.stringify({
    certificate: signed.certificate.der,
    chain: signed.certificate.chain,
    scheme: signed.scheme,
    value: signed.signatures[0].value,
  });
  showVerdict(await post(`/documents/${stored.id}/signature`, submission, signal));
}

async function forget() {
  await kyso.forget();
  return "forgotten";
}

/** One thing at a time; whatever goes wrong is shown. */
async function run(work) {
  if (running) return;
  running = new AbortController();
  element("error").hidden = true;
  element("cancel").hidden = false;
  try {
    showState((await work(running.signal)) ?? "idle");
  } catch (error) {
    showState("idle");
    showError(error);
  } finally {
    running = undefined;
    element("cancel").hidden = true;
  }
}

async function post(path, body, signal) {
  const reply = await fetch(path, { method: "POST", body, signal });
  const answer = await reply.json();
  if (!reply.ok) throw new KysoError({ code: "site", hint: answer.error });
  return answer;
}

function showState(state) {
  element("state").textContent = WORDS[language].states[state];
}

/** The agent's own words where it sent some, else the page's. */
function showError(error) {
  const cancelled = error.name === "AbortError";
  const code = cancelled ? "cancelled" : (error.code ?? "connection_lost");
  const [message, hint] = WORDS[language].errors[code] ?? [error.message, error.hint];
  element("error-message").textContent = message;
  element("error-hint").textContent = hint || error.hint || "";
  element("error-code").textContent = [code, error.request].filter(Boolean).join(" · ");
  element("error").hidden = false;
}

function showVerdict(verdict) {
  const words = WORDS[language];
  const date = (seconds) => new Date(seconds * 1000).toLocaleDateString(language);
  element("verdict").textContent = verdict.valid ? words.valid : words.invalid;
  element("verdict").className = verdict.valid ? "valid" : "";
  element("problems").replaceChildren(
    ...verdict.problems.map((problem) => make("li", words.problems[problem])),
  );
  const facts = [
    [words.holder, verdict.holder],
    [words.position, verdict.title],
    [words.organisation, verdict.organisation],
    [words.issuer, verdict.issuer],
    [words.validity, `${date(verdict.not_before)} – ${date(verdict.not_after)}`],
    [words.verified_at, new Date(verdict.verified_at * 1000).toLocaleString(language)],
  ];
  element("facts").replaceChildren(
    ...facts
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [make("dt", name), make("dd", value)]),
  );
  element("result").hidden = false;
  element("result").scrollIntoView({ block: "nearest" });
}

function speak(code) {
  language = code;
  kyso.language = code;
  localStorage.setItem("language", code);
  document.documentElement.lang = code;
  document.title = WORDS[code].title;
  for (const part of document.querySelectorAll("[data-word]")) {
    if (part.id === "file-name" && file) continue;
    part.textContent = WORDS[code][part.dataset.word];
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === code));
  }
}

function hover(event, over) {
  event.preventDefault();
  element("drop").classList.toggle("over", over);
}

function make(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
