// Passkeys: the browser's authenticator signs what the server asked; the form carries the answer.
(() => {
  "use strict";
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const opened = (list) => (list || []).map((entry) => ({ ...entry, id: bytes(entry.id) }));

  const asked = (given) => {
    const options = { ...given.publicKey, challenge: bytes(given.publicKey.challenge) };
    if (options.user) options.user = { ...options.user, id: bytes(options.user.id) };
    if (options.excludeCredentials) options.excludeCredentials = opened(options.excludeCredentials);
    if (options.allowCredentials) options.allowCredentials = opened(options.allowCredentials);
    return { publicKey: options };
  };

  const answered = (credential) => {
    const response = { clientDataJSON: text(credential.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: {},
    });
  };

  const optionsOf = async (form) => {
    if (form.dataset.options) return JSON.parse(form.dataset.options);
    const response = await fetch(form.dataset.begin, {
      method: "POST",
      headers: { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
    });
    if (!response.ok) throw new Error("begin");
    return response.json();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", async (event) => {
      if (form.elements.answer.value) return;
      event.preventDefault();
      const fault = form.querySelector(".fault");
      fault.hidden = true;
      try {
        const options = asked(await optionsOf(form));
        const credential = await navigator.credentials[form.dataset.passkey](options);
        form.elements.answer.value = answered(credential);
        form.submit();
      } catch {
        fault.textContent = "没有完成。请检查安全密钥是否插好，或换一种方式。";
        fault.hidden = false;
      }
    });
  }
})();
