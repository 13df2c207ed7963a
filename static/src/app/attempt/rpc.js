import { ConnectionLostError, ConnectionAbortedError, rpc, RPCError } from "@web/core/network/rpc";

/**
 * What came of one request to our own server.
 *
 * @typedef {Object} Answer
 * @property {Object} [view] the row of the ledger, or a refusal (`ok: false`)
 * @property {"odoo"|"session"|"error"} [trouble] why there is no view: the server is out of reach,
 *     the log-in has expired, or the server failed. None of them says anything about the money.
 * @property {string} [message] the server's own words, for `error`
 */

/**
 * Ask the server; the promise always resolves.
 *
 * @param {string} route one of the doors in `controllers/`
 * @param {Object} params
 * @returns {Promise<Answer> & {abort: () => void}}
 */
export function request(route, params) {
    const call = rpc(`/pos_glase/${route}`, params, { silent: true });
    const answer = call.then((view) => ({ view }), troubleOf);
    answer.abort = () => call.abort();
    return answer;
}

/**
 * The same about one attempt.
 *
 * @param {Object} attempt `configId`, `lineUuid` and `attempt`, see `Attempt`
 * @param {string} route
 * @param {Object} [params] what else it needs
 */
export function requestFor({ configId, lineUuid, attempt }, route, params) {
    return request(route, { config_id: configId, line_uuid: lineUuid, attempt, ...params });
}

/**
 * The newest row of the ledger for each of these lines, and the till's open ones.
 *
 * @param {number} configId the till
 * @param {Object[]} lines
 */
export function requestRows(configId, lines) {
    return request("resume", { config_id: configId, line_uuids: lines.map((line) => line.uuid) });
}

function troubleOf(error) {
    if (error instanceof ConnectionLostError || error instanceof ConnectionAbortedError) {
        return { trouble: "odoo" };
    }
    if (error instanceof RPCError) {
        if (error.exceptionName === "odoo.http.SessionExpiredException") {
            return { trouble: "session" };
        }
        return { trouble: "error", message: error.data?.message || error.message };
    }
    return { trouble: "error", message: error.message };
}
