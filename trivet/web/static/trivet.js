// Keyboard, menus, dialogs and small comforts. Every page also works without this file.
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  // --- navigation on narrow screens, menus, dialogs -------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-toggle-nav],[data-open],[data-dismiss],[data-copy]");
    $$("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (!target) return;
    if ("toggleNav" in target.dataset) {
      const open = document.body.classList.toggle("nav-open");
      target.setAttribute("aria-expanded", String(open));
    }
    if (target.dataset.open) openDialog(target.dataset.open);
    if ("dismiss" in target.dataset) target.closest(".alert").remove();
    if (target.dataset.copy) copy(target);
  });

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value || source.textContent);
      button.classList.add("copied");
    } catch {
      source.select?.();
    }
  }

  function openDialog(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    $$("details.menu[open]").forEach((menu) => { menu.open = false; });
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  // A click anywhere in a row opens the row's link; text may still be marked and other links used.
  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || event.target.closest("a,button,input,label,select,summary") || getSelection().toString()) return;
    const link = $("a[href]", row);
    if (link) (event.metaKey || event.ctrlKey ? window.open(link.href, "_blank", "noopener") : link.click());
  });

  // --- keys -----------------------------------------------------------------------------------------------------
  const typing = (element) => element.matches("input,textarea,select,[contenteditable]");

  function step(by) {
    const rows = $$("[data-row]").filter((row) => row.offsetParent !== null);
    if (!rows.length) return;
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[Math.min(Math.max(here + by, 0), rows.length - 1)];
    (next.matches("a") ? next : $("a[href],button", next) || next).focus();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openDialog("palette");
      return;
    }
    if (event.key === "Escape") {
      $$("details.menu[open]").forEach((menu) => { menu.open = false; $("summary", menu).focus(); });
      document.body.classList.remove("nav-open");
      if (event.target.id === "search") event.target.blur();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || $("dialog[open]")) return;
    const keys = {
      "/": () => $("#search")?.focus(),
      "?": () => openDialog("keys"),
      j: () => step(1),
      k: () => step(-1),
      e: () => { const edit = $("[data-edit]"); edit?.focus(); edit?.click(); },
    };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  // --- the palette: filter the links, Enter goes to the first one, else searches --------------------------------
  const input = $("#palette-input");
  if (input) {
    const items = $$("#palette-list li");
    const fold = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d");
    const shown = () => items.filter((item) => !item.hidden);
    input.addEventListener("input", () => {
      const wanted = fold(input.value.trim());
      items.forEach((item) => { item.hidden = !fold(item.textContent).includes(wanted); });
    });
    input.form.addEventListener("submit", (event) => {
      const first = shown()[0];
      if (first) { event.preventDefault(); $("a", first).click(); }
    });
    $("#palette").addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      const links = shown().map((item) => $("a", item));
      const here = links.indexOf(document.activeElement);
      const to = here + (event.key === "ArrowDown" ? 1 : -1);
      (to < 0 ? input : links[Math.min(to, links.length - 1)])?.focus();
    });
    $("#palette").addEventListener("close", () => { input.value = ""; items.forEach((item) => { item.hidden = false; }); });
  }

  // --- forms: ask before leaving with unsaved input, and never send twice ---------------------------------------
  const dirty = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.dataset.guard !== undefined) dirty.add(form);
  });
  document.addEventListener("submit", (event) => {
    dirty.delete(event.target);
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (event.target.dataset.sent) { event.preventDefault(); return; }
    event.target.dataset.sent = "yes";
    setTimeout(() => { delete event.target.dataset.sent; }, 4000);
  });
  window.addEventListener("beforeunload", (event) => { if ([...dirty].some((form) => form.isConnected)) event.preventDefault(); });
  window.addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-submit-on-change]");
    if (form) form.requestSubmit();
  });

  // Success messages leave by themselves; errors stay until closed.
  setTimeout(() => $$("#messages .alert-success").forEach((alert) => alert.remove()), 8000);
})();
