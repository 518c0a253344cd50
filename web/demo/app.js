// The page: its documents, the two roles, and what each does next.
//
// Three calls ask Kyso: for the certificates that are there, for signatures over digests that the server
// prepared, and for a sign-in over the server's nonce. All else is between this page and its server, which
// checks whatever comes back.

import { Kyso, KysoError, fromBase64 } from "/kyso.js";
import { showDocument } from "/document.js";
import { showList, stagesOf } from "/list.js";
import { clear, currentLanguage, element, get, post, say, show, showError, speakIn, words } from "/screen.js";
import { WORDS } from "/words.js";

const state = {
  documents: [],
  role: "leader",
  filter: "mine",
  current: undefined,
  chosen: new Set(),
  certificates: [],
  picked: undefined,
};
let kyso;
let running;
let last = start;

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
element("roles").addEventListener("change", (event) => choose({ role: event.target.value }));
element("filters").addEventListener("change", (event) => choose({ filter: event.target.value }));
element("everything").addEventListener("change", (event) => chooseAll(event.target.checked));
element("list").addEventListener("change", (event) => mark(event.target));
element("certificate").addEventListener("change", (event) => choose({ picked: event.target.value }));
element("load").addEventListener("click", () => run(readCertificates));
element("act").addEventListener("click", () => run(act));
element("seal-early").addEventListener("click", () => run(sign));
element("sign-in").addEventListener("click", () => run(signIn));
element("sign-out").addEventListener("click", () => run(signOut));
element("forget").addEventListener("click", () => run(forget));
element("cancel").addEventListener("click", () => running?.abort());
element("launch").addEventListener("click", launch);
element("again").addEventListener("click", () => run(last));
element("dismiss").addEventListener("click", clear);
addEventListener("hashchange", () => follow().catch(showError));
speakIn(localStorage.getItem("language") ?? "vi");
// Whoever clicks meanwhile is served once all is there.
const started = start().catch(showError);

async function start() {
  await load();
  showPerson((await get("/session")).person);
}

/** What is to be done with the chosen documents in this role: sign, number, or seal. */
async function act(signal) {
  if (state.role === "clerk" && next().stage === "signed") {
    await post("/numbers", { documents: next().ids }, signal);
    return load();
  }
  return sign(signal);
}

/** The server makes room for the signatures, Kyso signs the digests, the server puts them in and verifies. */
async function sign(signal) {
  const { ids } = next();
  const role = state.role;
  const certificate = await chosenCertificate(signal);
  const prepared = await post("/preparations", { role, documents: ids, certificate: certificate.der }, signal);
  const items = prepared.items.map(({ name, digest }) => ({ name, digest: fromBase64(digest) }));
  const onProgress = ({ done, total }) => say("progress", { done, total });
  const options = { certificate: certificate.id, profile: "pades", signal, onProgress };
  const signed = await (await agent(signal)).signCms(items, options);
  say("verifying");
  await post("/signatures", {
    preparation: prepared.preparation,
    signatures: signed.signatures.map(({ value }) => value),
  });
  state.chosen.clear();
  await load();
}

/** The certificate in the field; the fitting one where nobody was asked for any yet. */
async function chosenCertificate(signal) {
  if (state.certificates.length === 0) await readCertificates(signal);
  const chosen = state.certificates.find(({ id }) => id === element("certificate").value);
  if (!chosen) throw Object.assign(new Error("no certificate"), { code: "no_certificate" });
  return chosen;
}

async function readCertificates(signal) {
  const filter = { purpose: "sign", valid: "now" };
  state.certificates = await (await agent(signal)).certificates(filter, { signal });
  render();
}

async function signIn(signal) {
  const { nonce } = await post("/nonces", {}, signal);
  const answer = await (await agent(signal)).authenticate(fromBase64(nonce), { signal });
  const { certificate, scheme, signature } = answer;
  const came = { nonce, certificate: certificate.der, chain: certificate.chain, scheme, signature };
  showPerson((await post("/session", came, signal)).person);
}

async function signOut() {
  showPerson((await post("/session/end", {})).person);
}

/** Kyso, found when it is first needed; it asks to be paired by itself. */
async function agent(signal) {
  const language = currentLanguage();
  kyso ??= await Kyso.connect({ name: WORDS.vi.title, language, onState: say, signal });
  kyso.language = language;
  return kyso;
}

/** Nothing tells a page that a program has started, so it looks again after a moment. */
function launch() {
  const work = last;
  Kyso.launch();
  setTimeout(() => run(work), START_MS);
}

async function forget(signal) {
  try {
    await (await agent(signal)).forget({ signal });
  } catch (error) {
    if (!(error instanceof KysoError) || error.code === "cancelled") throw error;
    // Another agent, or none that could be told: what this page keeps goes all the same.
    Kyso.forget();
  }
  kyso = undefined;
  state.certificates = [];
  render();
  return "forgotten";
}

async function load() {
  state.documents = (await get("/documents")).documents;
  await open();
}

/** Shows the document that the address names. */
async function open() {
  const [, named] = location.hash.match(/^#\/(\d+)$/) ?? [];
  const find = (wanted) => state.documents.find(({ id }) => id === wanted);
  state.current = find(Number(named ?? state.current?.id)) ?? state.documents[0];
  const current = state.current;
  if (!current) return;
  render();
  const { verdict } = await get(`/documents/${current.id}`);
  if (current === state.current) showDocument(current, verdict);
}

/** Where the document stands under the list, whoever chose it is led there. */
async function follow() {
  await open();
  if (matchMedia("(max-width: 56rem)").matches) document.querySelector("article").scrollIntoView();
}

function choose(what) {
  Object.assign(state, what);
  if (what.role) state.chosen.clear();
  render();
}

function chooseAll(on) {
  const waiting = state.documents.filter(({ stage }) => stagesOf(state.role).includes(stage));
  state.chosen = new Set(on ? waiting.map(({ id }) => id) : []);
  render();
}

function mark({ value, checked }) {
  if (checked) state.chosen.add(Number(value));
  else state.chosen.delete(Number(value));
  render();
}

/**
 * What a click on the button is about: the documents that are ticked, else the one that is open. A batch is of
 * one step and, where leaders sign, of one leader's.
 */
function next() {
  const ticked = state.documents.filter(({ id }) => state.chosen.has(id));
  const all = ticked.length > 0 ? ticked : [state.current];
  const [{ stage, signatory }] = all;
  const together = all.filter(
    (other) => other.stage === stage && (state.role === "clerk" || other.signatory === signatory),
  );
  return { ids: together.map(({ id }) => id), stage, signatory };
}

function render() {
  if (!state.current) return;
  showList(state);
  const { ids, stage, signatory } = next();
  const mine = stagesOf(state.role).includes(stage);
  const numbers = state.role === "clerk" && stage === "signed";
  element("turn").textContent = words().turns[state.role][stage];
  element("act").textContent = words().acts[numbers ? "number" : state.role](ids.length);
  show("act", mine);
  show("choice", mine && !numbers);
  show("seal-early", state.role === "clerk" && (stage === "draft" || stage === "signed"));
  showCertificates(signatory);
}

/** Those of the role, the signatory's own first. */
function showCertificates(signatory) {
  const wanted = state.role === "leader" ? "person" : "organisation";
  const fitting = state.certificates.filter(({ holder }) => holder === wanted);
  const listed = fitting.length > 0 ? fitting : state.certificates;
  const options = listed.map(({ id, subject, issuer }) => {
    const names = [subject.common_name ?? subject.text, subject.title, issuer.common_name];
    return new Option(names.filter(Boolean).join(" · "), id);
  });
  if (options.length === 0) options.push(new Option(words().fitting, ""));
  const same = (title) => title?.toLowerCase() === signatory.toLowerCase();
  const best = listed.find(({ subject }) => same(subject.title)) ?? listed[0];
  element("certificate").replaceChildren(...options);
  const picked = listed.find(({ id }) => id === state.picked);
  element("certificate").value = (picked ?? best)?.id ?? "";
}

function showPerson(person) {
  const name = person && [person.name, person.title].filter(Boolean).join(", ");
  element("person").textContent = name ?? "";
  show("person", Boolean(person));
  show("sign-in", !person);
  show("sign-out", Boolean(person));
}

/** One thing at a time; whatever goes wrong is shown. */
async function run(work) {
  if (running) return;
  running = new AbortController();
  last = work;
  await started;
  clear();
  try {
    say((await work(running.signal)) ?? "idle");
  } catch (error) {
    say("idle");
    showError(error);
  } finally {
    running = undefined;
  }
}

function speak(code) {
  speakIn(code);
  open().catch(showError);
}

/** Kyso starts in less; the browser's own question may take the person longer, who then tries again. */
const START_MS = 3_000;
