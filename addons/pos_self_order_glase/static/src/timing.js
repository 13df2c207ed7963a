/** All times that the page of a kiosk waits, in milliseconds; tours make it shorter here. */
export const timing = {
    /** How often a payment looks at its clock. */
    tick: 250,
    /** Between one answer and the next question. */
    pause: 1000,
    /** A request that takes longer counts as unanswered. */
    request: 20000,
    /** After this long without an answer of Glase's the guest is told. */
    quiet: 15000,
    /** How long after the guest's time is up nobody may know how it ended; then the server finds out. */
    overtime: 20000,
    /** How long a page without an answer of the server's goes on. */
    unreachable: 60000,
    /** How long an end that asks for a choice stands, until the next guest's page comes. */
    idle: 60000,
};
