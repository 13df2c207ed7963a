/**
 * All times that the till waits, in milliseconds. What a person waits for is said in words that
 * follow it; tours make it shorter here.
 */
export const timing = {
    /** How often an attempt looks at its clock: so much later than it is due it asks at most. */
    tick: 100,
    /** How often the ring is drawn anew. */
    ring: 250,
    /** Between one answer and the next question (`doc/protocol.md §4.5`). */
    pause: 1000,
    /** The longest pause that a loaded server may ask for; what it asks for comes with each answer. */
    longestPause: 5000,
    /** How long the customer has before the cashier is asked. */
    window: 30000,
    /** A request to our server that takes longer counts as unanswered. */
    request: 20000,
    refundRequest: 30000,
    leaveRequest: 5000,
    connectivityCheck: 10000,
    storeOrder: 20000,
    storeAmount: 5000,
    /** How long what stores an order waits for what stores it already. */
    otherStored: 10000,
    /** The answer to the bill may be lost on the way here while the customer pays already. */
    pollBeforeAnswer: 5000,
    /** After this long without an answer the cashier may leave the payment open. */
    quiet: 15000,
    /** After this a cancel that was not answered is called uncertain. */
    cancel: 8000,
    /** Until a server out of reach is asked again what became of the lines. */
    resume: 5000,
    /** How long this till asks on after *Force done*; then the server does. */
    forced: 60000,
    /** How long the till shows that it was paid, while the next sale can begin. */
    banner: 2500,
    /** How long the customer's screen shows how it ended. */
    display: 10000,
    /** Between two questions about a payment whose order is at another device. */
    foreign: 10000,
    /** Until an order is stored again that another synchronisation holds. */
    storeRetry: 100,
    /** Until a change of an order counts as complete: what rebuilds it takes a frame or two. */
    changeComplete: 150,
};
