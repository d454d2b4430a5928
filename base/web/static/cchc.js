// What a browser with scripts adds to pages that are complete without: keys,
// live parts, and the focus where it helps. Nothing here is needed to do anything.
"use strict";
(() => {
  const $ = (q, from = document) => from.querySelector(q);
  const $$ = (q, from = document) => [...from.querySelectorAll(q)];

  // The error summary is read first.
  $("[data-focus]")?.focus();

  // Buttons that only a script can serve.
  for (const b of $$("[data-print]")) {
    b.hidden = false;
    b.addEventListener("click", () => window.print());
  }

  // A kiosk prints its slip by itself, and is soon ready for the next visitor.
  const again = document.body.dataset.printNow;
  if (again) {
    window.addEventListener("load", () => {
      window.print();
      setTimeout(() => location.assign(again), 20_000);
    });
  }

  // A connection that is gone is told before somebody sends what they typed.
  const notice = $("#offline");
  notice?.setAttribute("role", "status");
  const gone = notice && $("p", notice).textContent;
  const offline = (is) => {
    if (!notice || (!is && notice.hidden)) return;
    $("p", notice).textContent = is ? gone : notice.dataset.back;
    notice.hidden = false;
    if (!is) setTimeout(() => { notice.hidden = navigator.onLine !== false; }, 4000);
  };
  window.addEventListener("offline", () => offline(true));
  window.addEventListener("online", () => offline(false));
  document.addEventListener("htmx:sendError", () => offline(true));
  if (navigator.onLine === false) offline(true);

  // A part of the page that the server had no time for is asked for again when it
  // says so. What somebody typed stands where it is.
  document.addEventListener("htmx:responseError", (e) => {
    const { xhr, requestConfig } = e.detail;
    if (!notice || (xhr.status !== 503 && xhr.status !== 429)) return;
    $("p", notice).textContent = notice.dataset.busy;
    notice.hidden = false;
    const first = requestConfig?.triggeringEvent;
    setTimeout(() => {
      notice.hidden = navigator.onLine !== false;
      if (!first?.target?.isConnected) return;
      first.target.dispatchEvent(new CustomEvent(first.type === "input" ? "change" : first.type, { bubbles: true }));
    }, 1000 * (Number(xhr.getResponseHeader("Retry-After")) || 5));
  });

  // A form is sent once, however often its button is pressed. The button stays
  // enabled in the form's data, for its name may carry the choice.
  document.addEventListener("submit", (e) => {
    const f = e.target;
    if (navigator.onLine === false && f.method !== "dialog") { // or the browser's own page would take the place of what was typed
      e.preventDefault();
      return offline(true);
    }
    if (f.method !== "post" || e.defaultPrevented) return;
    if (f.dataset.sent) return e.preventDefault();
    f.dataset.sent = "1";
    f.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const f of $$("form[data-sent]")) {
      delete f.dataset.sent;
      f.removeAttribute("aria-busy");
    }
  });

  // A scanner ends what it types with Enter: the field's part of the page is
  // fetched instead of the page. Without htmx Enter sends the form, as always.
  document.addEventListener("keydown", (e) => {
    const f = e.target;
    if (e.key !== "Enter" || !f.matches?.("input[data-scan]") || !f.value.includes("|") || !window.htmx) return;
    e.preventDefault();
    f.dispatchEvent(new CustomEvent("scanned", { bubbles: true }));
  });

  // Keys. Letters do nothing while somebody types, or when they are turned off.
  const typing = (el) => el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);
  const rows = () => $$("[data-row]").filter((r) => r.offsetParent !== null);
  const move = (step) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((r) => r.contains(document.activeElement));
    const next = list[Math.min(Math.max(at + step, 0), list.length - 1)];
    const link = $("a, button", next);
    link?.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  if (document.body.dataset.keys !== "off") {
    document.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e.target)) return;
      if ($("dialog[open]")) return;
      switch (e.key) {
        case "j": move(1); break;
        case "k": move(-1); break;
        case "?": $("#keys")?.showModal(); break;
        default: {
          if (e.key.length !== 1) return;
          // A row's own keys first: what the row that has the focus can do.
          const own = document.activeElement?.closest("[data-row]")?.querySelector(`[data-row-key="${CSS.escape(e.key)}"]`);
          const el = own ?? $(`[data-key="${CSS.escape(e.key)}"]`);
          if (!el) return;
          if (typing(el)) { el.focus(); el.select?.(); } else el.click();
          if (el.tagName === "SUMMARY" && el.parentElement.open) $("input:not([type=hidden]), textarea", el.parentElement)?.focus();
        }
      }
      e.preventDefault();
    });
  }

  // Live parts: an event's HTML replaces what stands in elements of its name.
  // What somebody is using is left alone until they are done.
  const address = document.body.dataset.live;
  if (address) {
    const source = new EventSource(address);
    const listened = new Set();
    const listen = () => {
      for (const el of $$("[data-live-event]")) {
        const name = el.dataset.liveEvent;
        if (listened.has(name)) continue;
        listened.add(name);
        source.addEventListener(name, (e) => {
          for (const part of $$(`[data-live-event="${CSS.escape(name)}"]`)) {
            if (part.contains(document.activeElement)) continue;
            part.innerHTML = e.data;
          }
        });
      }
    };
    listen();
    const state = (s) => { for (const el of $$("[data-live-state]")) el.dataset.liveState = s; };
    source.onopen = () => state("on");
    source.onerror = () => state("off");
    window.addEventListener("pagehide", () => source.close());
  }
})();

// A screen in a meeting goes on to its next page; without scripts the page itself says so.
{
  const [, seconds, address] = document.querySelector('meta[name="cchc-next"]')?.content.match(/^(\d+);(\/.*)$/) ?? [];
  if (address) setTimeout(() => location.assign(address), seconds * 1000);
}
