"use strict";
// The page works without this. With it: the total follows the offers at once, a second click sends nothing, the time left
// counts down, and the page moves on by itself when the order is paid elsewhere.
document.documentElement.classList.add("js");
addEventListener("DOMContentLoaded", () => {
  const main = document.querySelector("main[data-stage]");
  if (!main) return;
  const { stage, home } = main.dataset;
  const form = document.getElementById("order");
  const watched = `${home}:watched`;
  const PAID_SHOWN_MS = 2000;
  const SENT_WAITS_MS = 10000;
  const began = Date.now();
  let sent = false;

  const tell = (text) => {
    const told = document.getElementById("told");
    if (told) told.textContent = text;
  };
  const remember = (set) => {
    try {
      if (set) sessionStorage.setItem(watched, "1");
      else {
        const was = sessionStorage.getItem(watched) === "1";
        sessionStorage.removeItem(watched);
        return was;
      }
    } catch {
      /* no storage: then the user goes back by the button */
    }
    return false;
  };

  // A page that the browser kept shows what was, not what is.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // --- how far the order is

  let timer = 0;
  const pause = () => {
    const age = Date.now() - began;
    if (stage === "PAYING") return age < 10000 ? 1000 : age < 60000 ? 2000 : 5000;
    return age < 120000 ? 2500 : 6000;
  };
  const again = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(look, ms ?? pause());
  };
  const look = async () => {
    if (document.hidden) return; // visibilitychange goes on
    let now;
    try {
      const answer = await fetch(`${home}/stage`, { cache: "no-store", redirect: "error" });
      if (answer.status === 404) {
        const lost = document.getElementById("no-cookies");
        if (lost) lost.hidden = false;
        return;
      }
      if (!answer.ok) return again();
      now = (await answer.json()).stage;
    } catch {
      return again();
    }
    // The cookie works, so the address need not let anybody in any more.
    if (location.search) history.replaceState(null, "", home);
    if (sent || now === stage) return again();
    if (now === "PAID") remember(true);
    location.replace(home);
  };
  if (stage === "CHOOSING" || stage === "PAYING") {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) look();
    });
    look();
  } else if (location.search) {
    history.replaceState(null, "", home);
  }

  const back = document.querySelector("a.button");
  if (stage === "PAID" && back && remember(false)) {
    tell(`${document.getElementById("told").textContent} Taking you back …`);
    setTimeout(() => back.click(), PAID_SHOWN_MS);
  }

  // --- the time left

  const left = document.querySelector("[data-left]");
  if (left) {
    const ends = began + Number(left.dataset.left) * 1000;
    const two = (number) => String(number).padStart(2, "0");
    const show = () => {
      const s = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
      if (s < 86400) {
        const hours = Math.floor(s / 3600);
        const minutes = Math.floor(s / 60) % 60;
        left.textContent = `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(s % 60)} left`;
      }
      left.classList.toggle("soon", s < 60);
      if (s > 0) setTimeout(show, 1000 - ((Date.now() - began) % 1000));
      else look();
    };
    show();
  }

  // --- the QR code

  document.addEventListener("click", (event) => {
    const other = event.target.closest?.("#other > summary")?.parentElement;
    if (!other || other.open) return; // it opens after this
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => other.querySelector("figure").scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" }));
  });

  document.addEventListener("click", async (event) => {
    if (event.target.id !== "copy") return;
    try {
      await navigator.clipboard.writeText(event.target.closest("[data-qr]").dataset.qr);
      event.target.textContent = "Copied";
    } catch {
      event.target.textContent = "Your browser does not allow it";
    }
  });

  // --- the form

  if (!form) return;
  let updating = null;
  const payable = (yes) => {
    const button = document.getElementById("pay");
    if (button) button.disabled = !yes;
    form.setAttribute("aria-busy", String(!yes));
  };

  const update = async () => {
    updating?.abort();
    const mine = (updating = new AbortController());
    const body = new URLSearchParams(new FormData(form));
    payable(false);
    try {
      const answer = await fetch(`${home}/choose`, { method: "POST", body, signal: mine.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const other = page.getElementById("order");
      if (!answer.ok || !other) return location.replace(home);
      const focused = document.activeElement?.id;
      const open = document.getElementById("other")?.open;
      form.replaceChildren(...other.childNodes);
      document.title = page.title;
      document.getElementById("why")?.remove();
      if (open) document.getElementById("other").open = true;
      if (focused) document.getElementById(focused)?.focus();
      payable(true);
      tell(`${document.getElementById("pay").textContent.trim()}.`);
    } catch (error) {
      if (error.name !== "AbortError") location.replace(home);
    } finally {
      if (updating === mine) updating = null;
    }
  };

  form.addEventListener("change", (event) => {
    if (event.target.name.startsWith("want")) update();
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formAction.endsWith("/choose")) {
      event.preventDefault();
      if (!sent) update();
      return;
    }
    if (sent || updating) {
      event.preventDefault();
      return;
    }
    sent = true;
    setTimeout(() => {
      payable(false);
      document.getElementById("pay").textContent = "Paying …";
      tell("Paying …");
    });
    // Whatever keeps the answer away: by then the page says how far the payment is.
    setTimeout(() => location.replace(home), SENT_WAITS_MS);
  });
});
