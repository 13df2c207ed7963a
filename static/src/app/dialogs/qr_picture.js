import { generateQRCodeDataUrl } from "@point_of_sale/utils";

/** Modules of white around a code that ISO/IEC 18004 wants, so that it is found on any ground. */
const QUIET = 4;

/** Picture of a QR code as data URL, or false without a text. */
export function qrPicture(text) {
    return text ? compact(generateQRCodeDataUrl(text)) : false;
}

/**
 * The same picture as one path instead of an element for each dark square: a tenth of the size, and
 * each change of an order sends it to the display over the bus.
 */
function compact(dataUrl) {
    const source = new DOMParser().parseFromString(
        window.atob(dataUrl.split(",")[1]),
        "image/svg+xml"
    );
    const size = Number(source.documentElement.getAttribute("viewBox").split(" ").at(-1));
    const whole = size + 2 * QUIET;
    let path = "";
    let run = null;
    for (const square of source.querySelectorAll("use")) {
        const [x, y] = [Number(square.getAttribute("x")), Number(square.getAttribute("y"))];
        if (run && run.y === y && run.end === x) {
            run.end++;
            continue;
        }
        path += drawn(run);
        run = { x, y, end: x + 1 };
    }
    path += drawn(run);
    const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-QUIET} ${-QUIET} ${whole} ${whole}" ` +
        `width="320" height="320" shape-rendering="crispEdges">` +
        `<path fill="#fff" d="M${-QUIET} ${-QUIET}h${whole}v${whole}h${-whole}z"/>` +
        `<path d="${path}"/></svg>`;
    return "data:image/svg+xml;base64," + window.btoa(svg);
}

function drawn(run) {
    return run ? `M${run.x} ${run.y}h${run.end - run.x}v1H${run.x}z` : "";
}
