// What the tests' scripts find in every page, under `page`.

import * as client from "./kyso.js";

globalThis.page = { ...client, states: [], begin, outcome, connect, item, ask, socket, worker, frame };

/** How often the agent has greeted a socket of this page: what comes then is heard. */
page.greetings = 0;
globalThis.WebSocket = class extends WebSocket {
  constructor(...about) {
    super(...about);
    this.addEventListener("message", ({ data }) => (page.greetings += JSON.parse(data).ready ? 1 : 0));
  }
};

/** Starts what takes longer than one script may; `page.done` is its outcome, and `page.leave` aborts it. */
function begin(work) {
  page.done = undefined;
  page.states = [];
  const leave = new AbortController();
  page.leave = () => leave.abort();
  void outcome(() => work(leave.signal)).then((done) => (page.done = done));
}

/** `{value}` or `{code}`, for a test to read. */
async function outcome(work) {
  try {
    return { value: (await work()) ?? null };
  } catch (error) {
    return { code: error.code ?? String(error) };
  }
}

/** Connects to the agent on this port, and to no other test's; the way that carries. */
async function connect(port, options = {}) {
  const onState = (state) => page.states.push(state);
  const about = { name: "Hệ thống văn bản", language: "en", agent: { ports: [port] }, onState };
  page.kyso = await client.Kyso.connect({ ...about, ...options });
  return page.kyso.transport;
}

/** A document whose text is its name. */
async function item(name) {
  return { name, digest: await client.sha256(new Blob([name])) };
}

/** What a script of this page reads there: status and text, or nothing. */
async function ask(url, options) {
  try {
    const reply = await fetch(url, options);
    return { status: reply.status, text: await reply.text() };
  } catch {
    return {};
  }
}

/** What a socket says to this first message, and the code it closes with. */
function socket(url, first) {
  return new Promise((resolve) => {
    const heard = [];
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send(JSON.stringify(first));
    socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
    socket.onclose = ({ code }) => resolve({ heard, code });
  });
}

/** The same as `ask`, from this origin's service worker. */
async function worker(url, options) {
  await navigator.serviceWorker.register("/worker.js");
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  active.postMessage({ url, options }, [port2]);
  return answer;
}

/** What a page in a frame with these attributes says. */
function frame(src, attributes) {
  return new Promise((resolve) => {
    const element = document.createElement("iframe");
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    addEventListener("message", ({ data, source }) => {
      if (source === element.contentWindow) resolve(data);
    });
    element.src = src;
    document.body.append(element);
  });
}

document.getElementById("state").textContent = "ready";
