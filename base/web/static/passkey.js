// Passkeys: asks the browser to make one or to sign with one, and sends what the
// device answers as the form's field. Browsers give them to scripts only; a page says
// what else is possible where there is none.
"use strict";
(() => {
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const bytes = (s) => Uint8Array.from(atob(s.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const parse = (o) => {
    o.challenge = bytes(o.challenge);
    if (o.user) o.user.id = bytes(o.user.id);
    for (const list of [o.excludeCredentials, o.allowCredentials]) for (const c of list ?? []) c.id = bytes(c.id);
    return o;
  };
  const write = (c) => {
    const r = c.response, out = { clientDataJSON: text(r.clientDataJSON) };
    if (r.attestationObject) {
      out.attestationObject = text(r.attestationObject);
      out.transports = r.getTransports?.() ?? [];
    } else {
      out.authenticatorData = text(r.authenticatorData);
      out.signature = text(r.signature);
      if (r.userHandle) out.userHandle = text(r.userHandle);
    }
    return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response: out, clientExtensionResults: c.getClientExtensionResults() });
  };

  for (const f of forms) {
    f.hidden = false;
    const problem = f.querySelector("[data-problem]");
    const say = (s) => { problem.textContent = s; problem.hidden = !s; };
    f.addEventListener("submit", async (e) => {
      e.preventDefault();
      say("");
      const button = f.querySelector("button");
      button.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(f.dataset.begin, { method: "POST", headers: { Accept: "application/json" } });
        const said = await answer.json();
        if (!answer.ok) return say(said.detail || said.title || f.dataset.failed);
        const publicKey = parse(said);
        const key = f.dataset.passkey === "create" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
        f.elements.credential.value = write(key);
        f.submit();
      } catch (err) {
        // Whoever closed the device's window knows; an address that is another says so.
        say(err.name === "InvalidStateError" ? f.dataset.there : err.name === "SecurityError" ? f.dataset.address : f.dataset.failed);
      } finally {
        button.removeAttribute("aria-busy");
      }
    });
  }
})();
