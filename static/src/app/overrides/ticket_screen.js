import { patch } from "@web/core/utils/patch";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";
import { orderStates } from "@pos_glase/app/service/line_state";

/** An order in the list says what its Glase payments are worth. */
patch(TicketScreen.prototype, {
    glaseStates(order) {
        return orderStates(order, this.pos.glase);
    },
});
