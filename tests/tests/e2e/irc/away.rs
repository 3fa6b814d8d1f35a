//! `AWAY`: not at the keyboard.

use salotto_tests::irc::Dialogue;

use super::server;

#[test]
fn who_writes_to_somebody_who_is_away_is_told_so_each_time() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> AWAY :at tea
        ada <- :salotto 306 ada :*
        bob -> PRIVMSG ada :are you there?
        bob <- :salotto 301 bob ada :at tea
        ada <- :bob!bob@salotto PRIVMSG ada :are you there?
        bob -> NOTICE ada :a notice is answered by nobody
        ada <- :bob!bob@salotto NOTICE ada :a notice is answered by nobody
        bob -> PRIVMSG ada :hello?
        bob <- :salotto 301 bob ada :at tea
        ada <- *
        ",
    );
    dialogue.goes(
        "
        ada -> AWAY
        ada <- :salotto 305 ada :*
        bob -> PRIVMSG ada :there you are
        bob -> PING x
        bob <- :salotto PONG *
        ada <- :bob!bob@salotto PRIVMSG ada :there you are
        ",
    );
}

#[test]
fn who_writes_from_elsewhere_is_told_too() {
    let server = server().enable("commands").open();
    let mut nc = server.enters("carl");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> AWAY :at tea
        ada <- :salotto 306 ada :*
        ",
    );
    nc.says("!msg ada hello");
    nc.hears("* ada is away: at tea");
}
