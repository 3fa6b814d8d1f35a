//! `KICK` and `KILL`.

use salotto_tests::irc::Dialogue;

use super::{folder, moderated};

#[test]
fn a_kick_sends_out_of_the_channel_and_leaves_connected() {
    let folder = folder();
    let server = moderated(&folder);
    let mut nc = server.enters("carl");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        mod1 -> JOIN #lobby
        mod1 <- *JOIN #lobby
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        mod1 <- *JOIN #lobby
        mod1 -> KICK #lobby bob,carl :enough of this
        mod1 <- :mod1!mod1@salotto KICK #lobby bob :enough of this
        mod1 <- :mod1!mod1@salotto KICK #lobby carl :enough of this
        bob <- :mod1!mod1@salotto KICK #lobby bob :enough of this
        bob -> PRIVMSG mod1 :sorry
        mod1 <- :bob!bob@salotto PRIVMSG mod1 :sorry
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        mod1 <- *JOIN #lobby
        mod1 -> KICK #lobby bob
        mod1 <- :mod1!mod1@salotto KICK #lobby bob :mod1
        bob <- :mod1!mod1@salotto KICK #lobby bob :mod1
        ",
    );
    nc.hears("* you are out of lobby (removed by mod1: enough of this)");
}

#[test]
fn a_kick_that_cannot_be_is_refused_by_number() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> KICK #dev ada
        ada <- :salotto 482 ada #dev :*
        ada -> KICK #nowhere ada
        ada <- :salotto 403 ada #nowhere :*
        ada -> KICK #lobby ada
        ada <- :salotto 442 ada #lobby :*
        ada -> KICK #dev
        ada <- :salotto 461 ada KICK :*
        mod1 -> JOIN #dev
        mod1 <- *JOIN #dev
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        mod1 -> KICK #dev nobody
        mod1 <- :salotto 401 mod1 nobody :*
        mod2 -> KICK #dev ada
        mod2 <- :salotto 442 mod2 #dev :*
        mod1 -> KICK #dev mod2
        mod1 <- :salotto 441 mod1 mod2 #dev :*
        mod2 -> JOIN #dev
        mod2 <- *JOIN #dev
        mod2 <- :salotto 353 *
        mod2 <- :salotto 366 *
        mod1 <- *JOIN #dev
        mod1 <- :salotto MODE #dev +o mod2
        mod1 -> KICK #dev mod2
        mod1 <- :salotto 482 mod1 #dev :mod2 is a moderator as you are; ask the operator
        ",
    );
}

#[test]
fn kill_disconnects_and_only_who_keeps_order_may() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> JOIN #dev
        bob <- *JOIN #dev
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- *JOIN #dev
        ada -> KILL bob :because
        ada <- :salotto 481 ada :*
        mod1 -> KILL nobody
        mod1 <- :salotto 401 mod1 nobody :*
        mod1 -> KILL bob :no flooding
        mod1 <- :salotto NOTICE mod1 :bob was kicked
        bob <- ERROR :Closing link (kicked by mod1: no flooding)
        ada <- :bob!bob@salotto QUIT :kicked by mod1: no flooding
        ",
    );
}
