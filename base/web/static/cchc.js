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

  // A session that is over takes its pages with it, in every tab: what they show is of a
  // person. A tab holds a lock of its account; where somebody signs out, or another signs
  // in, the page that comes then breaks it, which all of them notice. Locks carry nothing.
  // A tab asks by itself when it is looked at again, and when the session's time is up;
  // what was typed and not sent stays for an hour more, unless somebody signed out or
  // another person came.
  const { who, left, at } = document.body.dataset;
  const locks = window.isSecureContext && navigator.locks;
  const lock = (name) => `cchc ${name}`, outLock = (name) => `cchc-out ${name}`;
  let dirty = false, over = 0, asked = Date.now(), alarm, out = false, signedOut = false;
  document.addEventListener("input", (e) => { if (e.target.form?.method === "post") dirty = true; });
  const leave = (to) => {
    out = true;
    document.body.replaceChildren();
    location.replace(to);
  };
  const ask = async () => {
    if (out) return;
    clearTimeout(alarm);
    asked = Date.now();
    let is;
    try {
      const answer = await fetch("/sign-in/who", { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.ok) is = await answer.json();
    } catch { /* away */ }
    if (is?.who === who) {
      over = 0;
      return wait(is.left);
    }
    if (!is && !signedOut && Date.now() < until) return wait(60);
    over ||= Date.now();
    if (signedOut || is?.who) return leave("/sign-in");
    if (!dirty || Date.now() - over >= 3_600_000) return leave(at); // what needs no session stays, without a name
    wait(60);
  };
  let until = Date.now() + 1000 * Number(left);
  const wait = (seconds) => {
    if (seconds > 60) until = Date.now() + 1000 * seconds;
    alarm = setTimeout(ask, 1000 * Math.max(seconds, 1) + 1000);
  };
  const broken = (name) => locks && locks.request(name, { steal: true }, () => {}).catch(() => {});
  const held = (name, then) => locks && locks.request(name, { mode: "shared" }, () => new Promise(() => {})).catch(async () => {
    await then();
    if (!out) held(name, then);
  });
  if (who !== undefined && locks) {
    locks.query().then(({ held: all }) => {
      for (const { name } of all) if (name.startsWith(lock("")) && name !== lock(who)) broken(name);
    });
  }
  if (who) {
    held(lock(who), ask);
    held(outLock(who), () => { signedOut = true; });
    wait(Number(left));
    document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - asked > 2000) ask(); });
    window.addEventListener("pageshow", (e) => { if (e.persisted) ask(); });
    document.addEventListener("submit", (e) => {
      if (!e.target.matches("[action='/sign-out']")) return;
      broken(outLock(who)); // what is typed elsewhere does not keep it there
      if (navigator.onLine !== false) return;
      // Without a connection nobody can be signed out, but what stands here can go.
      out = true;
      $("#main")?.replaceChildren();
      broken(lock(who));
    }, true);
  }

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
