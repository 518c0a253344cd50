// A service worker that asks whatever it is told to.

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", async ({ data: { url, options }, ports: [answer] }) => {
  try {
    const reply = await fetch(url, options);
    answer.postMessage({ status: reply.status, text: await reply.text() });
  } catch {
    answer.postMessage({});
  }
});
