// What every part of the page needs: elements, words, the two notices, and requests to this page's server.

import { WORDS } from "/words.js";

let language = "vi";

export const element = (id) => document.getElementById(id);

export function show(id, shown) {
  element(id).hidden = !shown;
}

/** An element with a text or with children. */
export function make(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  made.append(...[content].flat());
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** The sentences in the person's language. */
export function words() {
  return WORDS[language];
}

export function currentLanguage() {
  return language;
}

export function speakIn(code) {
  language = code;
  localStorage.setItem("language", code);
  document.documentElement.lang = code;
  document.title = words().title;
  for (const part of document.querySelectorAll("[data-word]")) {
    part.textContent = words()[part.dataset.word];
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === code));
  }
}

/** What is going on; "idle" ends it. Progress comes with `done` and `total`. */
export function say(state, { done, total } = {}) {
  const sentence = words().states[state];
  const text = typeof sentence === "function" ? sentence(done, total) : sentence;
  element("state").textContent = text;
  show("working", Boolean(text));
  show("progress", total > 1);
  show("cancel", state !== "forgotten");
  if (total) Object.assign(element("progress"), { max: total, value: done });
}

/** Our server's words, else those of this page, else Kyso's: its errors say what to do, in the person's language. */
export function showError(error) {
  const code = error.name === "AbortError" ? "cancelled" : typeof error.code === "string" ? error.code : "site";
  const [message, hint] = error.words?.[language]
    ? [error.words[language], ""]
    : (words().errors[code] ?? [error.message, error.hint]);
  element("error-message").textContent = message;
  element("error-hint").textContent = hint || error.hint || "";
  element("error-code").textContent = [code, error.request].filter(Boolean).join(" · ");
  show("launch", ABSENT.includes(code));
  show("again", ABSENT.includes(code) || (error.retry && error.retry !== "never"));
  show("error", true);
  element("error").focus();
}

export function clear() {
  show("error", false);
}

export async function get(path) {
  return answerOf(await fetch(path));
}

export async function post(path, body, signal) {
  return answerOf(await fetch(path, { method: "POST", body: JSON.stringify(body), signal }));
}

async function answerOf(reply) {
  const answer = await reply.json();
  if (reply.ok) return answer;
  const { code, vi, en } = answer.error;
  throw Object.assign(new Error(en), { code, words: { vi, en } });
}

/** Where starting Kyso may help. */
const ABSENT = ["not_installed", "not_running", "connection_lost"];
