(function () {
    "use strict";
    let sent = false;
    document.querySelectorAll("time").forEach(function (node) {
        node.textContent = new Date(node.dateTime).toLocaleString(document.documentElement.lang, {
            dateStyle: "medium",
            timeStyle: "medium",
        });
    });
    document.addEventListener("submit", function (event) {
        if (sent) {
            event.preventDefault();
        }
        sent = true;
        event.target.classList.add("sent");
    });
    window.addEventListener("pageshow", function () {
        sent = false;
    });
    setInterval(function () {
        if (sent || document.hidden) {
            return;
        }
        fetch(location.href, { cache: "no-store" })
            .then(function (answer) {
                return answer.text();
            })
            .then(function (text) {
                const match = /<body data-state="([^"]*)"/.exec(text);
                if (match && !sent && match[1] !== document.body.dataset.state) {
                    location.replace(location.href);
                }
            })
            .catch(function () {});
    }, 1500);
})();
