//! `NOTICE`, what clients ask each other, and lines to several.

use salotto_tests::irc::Dialogue;

use super::server;

#[test]
fn a_notice_stays_one_for_irc_and_is_a_message_for_the_others() {
    let server = server().open();
    let mut nc = server.enters("carl");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> JOIN #lobby
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- *JOIN #lobby
        ada -> NOTICE #lobby :!help is not called by a notice
        bob <- :ada!ada@salotto NOTICE #lobby :!help is not called by a notice
        ada -> NOTICE bob :psst
        bob <- :ada!ada@salotto NOTICE bob :psst
        ada -> PRIVMSG bob :and aloud
        bob <- :ada!ada@salotto PRIVMSG bob :and aloud
        ",
    );
    nc.hears("ada: !help is not called by a notice");
}

#[test]
fn a_notice_is_never_answered() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> NOTICE #nowhere :hello
        ada -> NOTICE #lobby :hello
        ada -> NOTICE nobody :hello
        ada -> NOTICE
        ada -> NOTICE nobody
        ada -> NOTICE nobody :
        ada -> PING x
        ada <- :salotto PONG salotto :x
        ada -> PRIVMSG #nowhere :hello
        ada <- :salotto 403 ada #nowhere :*
        ada -> PRIVMSG nobody :hello
        ada <- :salotto 401 ada nobody :*
        ada -> PRIVMSG #lobby :hello
        ada <- :salotto 404 ada #lobby :*
        ada -> PRIVMSG
        ada <- :salotto 411 ada :*
        ada -> PRIVMSG bob :
        ada <- :salotto 412 ada :*
        ",
    );
}

#[test]
fn what_clients_ask_each_other_goes_and_comes_back() {
    let server = server().open();
    let mut nc = server.enters("carl");
    Dialogue::with(&server).goes(
        "
        ada -> PING x
        ada <- :salotto PONG *
        bob -> PRIVMSG ada :\u{1}VERSION\u{1}
        ada <- :bob!bob@salotto PRIVMSG ada :\u{1}VERSION\u{1}
        ada -> NOTICE bob :\u{1}VERSION a client\u{1}
        bob <- :ada!ada@salotto NOTICE bob :\u{1}VERSION a client\u{1}
        bob -> PRIVMSG ada :\u{1}ACTION waves\u{1}
        ada <- :bob!bob@salotto PRIVMSG ada :\u{1}ACTION waves\u{1}
        bob -> PRIVMSG carl :\u{1}VERSION\u{1}
        bob -> PRIVMSG carl :hello
        ",
    );
    let heard = nc.hears_until("[bob to carl] hello");
    assert!(!heard.iter().any(|line| line.contains("VERSION")), "{heard:?}");
}

#[test]
fn a_line_to_several_is_said_to_each_up_to_a_bound() {
    let server = server().open();
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
        bob -> PRIVMSG ada,#dev,ada,nobody,ada,ada :hello
        ada <- :bob!bob@salotto PRIVMSG ada :hello
        ada <- :bob!bob@salotto PRIVMSG #dev :hello
        ada <- :bob!bob@salotto PRIVMSG ada :hello
        bob <- :salotto 401 bob nobody :*
        bob <- :salotto 407 bob ada :*
        bob -> PING x
        bob <- :salotto PONG *
        ",
    );
}
