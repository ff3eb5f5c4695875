// Runs before the page's script, in any browser: uses nothing that is newer than ES5.
(function () {
  var root = document.getElementById("root");
  var reason = document.getElementById("reason");
  if (!root || !reason) {
    return;
  }
  /** @param {string} words */
  function say(words) {
    /** @type {HTMLElement} */ (reason).textContent = words;
  }
  // The newest function that the page's script cannot do without.
  if (!("replaceChildren" in Element.prototype)) {
    root.setAttribute("data-outdated", "");
    say("This browser is too old for this page. Update it, or open the file in another browser.");
  }
  window.addEventListener("error", function () {
    say("This page cannot run here. The browser may be too old, or the file was damaged on its way to you.");
  });
})();
