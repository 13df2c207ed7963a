// Says what the lists on a page have in another language, and measures which of their headers are cut.
// Read by browser_badges_test.py into Odoo's web client.
window.glaseLists = (() => {
    const { resetDateFieldWidths } = odoo.loader.modules.get("@web/views/list/column_width_hook");
    const sources = new WeakMap();
    let languages = [];

    /** @param {Array} known the languages to speak, each as [locale, words by their English] */
    function learn(known) {
        languages = known;
    }

    function renderers(node = odoo.__WOWL_DEBUG__.root.__owl__) {
        const own = node.component.columnWidths ? [node.component] : [];
        return [...own, ...Object.values(node.children).flatMap((child) => renderers(child))];
    }

    /** Each text of an element that is a label in English is shown as these words have it. */
    function say(element, words) {
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) {
            const text = walker.currentNode;
            if (!sources.has(text)) {
                sources.set(text, text.data);
            }
            const source = sources.get(text);
            text.data = words[source.trim()] || source;
        }
    }

    const isCut = (label) => label.scrollWidth > label.clientWidth;

    /** The headers of these fields that are not shown whole, each list in an element once in each language. */
    function cut(root, names) {
        const found = [];
        let seen = 0;
        for (const [locale, words] of languages) {
            // A day takes as much room as it is long there.
            luxon.Settings.defaultLocale = locale;
            resetDateFieldWidths();
            const shown = renderers().filter(({ tableRef }) => tableRef.el.closest(root));
            for (const { tableRef, columnWidths } of shown) {
                say(tableRef.el, words);
                columnWidths.resetWidths();
                for (const header of tableRef.el.querySelectorAll("thead th[data-name]")) {
                    const label = header.querySelector(".text-truncate");
                    if (label && names.includes(header.dataset.name)) {
                        seen += 1;
                        if (isCut(label)) {
                            found.push(
                                `${locale}: ${header.dataset.name}: ${label.textContent} ` +
                                    `(${label.scrollWidth} in ${label.clientWidth})`
                            );
                        }
                    }
                }
            }
        }
        return { found, seen };
    }

    return { learn, cut };
})();
