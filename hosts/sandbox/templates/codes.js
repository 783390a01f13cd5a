"use strict";
const opened = Date.now();
function show() {
  for (const code of document.querySelectorAll(".code")) {
    const left = Math.max(0, Math.ceil(Number(code.dataset.left) - (Date.now() - opened) / 1000));
    code.querySelector(".clock").textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
    code.classList.toggle("over", left === 0);
  }
}
show();
setInterval(show, 250);
