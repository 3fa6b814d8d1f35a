//! They come, talk with everybody else, and go.

use salotto::PasswordHash;
use salotto_tests::irc::{Dialogue, IrcClient};

use super::server;

#[test]
fn a_client_registers_and_is_told_where_it_is() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada (raw) -> CAP LS 302
        ada <- :salotto CAP * LS * :*server-time*
        ada <- :salotto CAP * LS :*
        ada -> NICK ada
        ada -> USER ada 0 * :Ada Lovelace
        ada -> CAP REQ :server-time
        ada <- :salotto CAP * ACK :server-time
        ada -> CAP END
        ada <- :salotto 001 ada :Welcome to *, ada
        ada <- :salotto 002 ada :*
        ada <- :salotto 003 ada :*
        ada <- :salotto 004 ada salotto *
        ada <- :salotto 005 ada *CASEMAPPING=ascii * :are supported by this server
        ada <- :salotto 005 ada *
        ada <- :salotto 251 *
        ada <- :salotto 254 *
        ada <- :salotto 255 *
        ada <- :salotto 265 *
        ada <- :salotto 266 *
        ada <- :salotto 422 ada :*
        ada -> PING x
        ada <- :salotto PONG salotto :x
        ",
    );
}

#[test]
fn who_comes_without_the_password_of_the_server_is_told_by_number() {
    let hash = PasswordHash::new("sword fish").expect("it is a password");
    let server = server().settings(|settings| settings.server.password = Some(hash)).open();
    Dialogue::with(&server).goes(
        "
        eve (raw) -> NICK eve
        eve <- :salotto 464 * :this server has a password: PASS has to come before NICK and USER
        eve -> PASS :cat fish
        eve <- :salotto 464 * :*
        eve -> PASS :sword fish
        eve -> NICK eve
        eve -> USER eve 0 * :Eve
        eve <- :salotto 001 eve :*
        ada (raw) -> PASS :sword fish
        ada -> NICK ada
        ada -> USER ada 0 * :Ada
        ada <- :salotto 001 ada :*
        ",
    );
}

#[test]
fn a_password_that_comes_after_the_name_is_too_late() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> PASS :sword fish
        ada <- :salotto 462 ada :*
        ",
    );
}

#[test]
fn a_nick_that_is_taken_is_asked_for_anew() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> PING x
        ada <- :salotto PONG salotto :x
        eve (raw) -> NICK ada
        eve -> USER eve 0 * :Eve
        eve <- :salotto 433 * ada :*
        eve -> NICK eve
        eve <- :salotto 001 eve :*
        ",
    );
}

#[test]
fn two_clients_a_line_of_text_and_json_are_in_one_room_and_one_order() {
    let server = server().open();
    let mut nc = server.enters("carl");
    let mut json = server.connects_json().enters("dora");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto 353 ada = #lobby :*
        ada <- :salotto 366 ada #lobby :*
        bob -> JOIN #lobby
        bob <- :bob!bob@salotto JOIN #lobby
        bob <- :salotto 353 bob = #lobby :ada bob carl dora
        bob <- :salotto 366 bob #lobby :*
        ada <- :bob!bob@salotto JOIN #lobby
        ada -> PRIVMSG #lobby :hello
        bob <- :ada!ada@salotto PRIVMSG #lobby :hello
        ",
    );
    nc.hears("ada: hello");
    json.hears_said("hello");
    nc.says("hello, ada");
    dialogue.goes(
        "
        ada <- :carl!carl@salotto PRIVMSG #lobby :hello, ada
        bob <- :carl!carl@salotto PRIVMSG #lobby :hello, ada
        bob -> PRIVMSG #lobby :\u{1}ACTION waves\u{1}
        ada <- :bob!bob@salotto PRIVMSG #lobby :\u{1}ACTION waves\u{1}
        ",
    );
    nc.hears("** bob waves");
    dialogue.goes(
        "
        bob -> NICK bert
        bob <- :bob!bob@salotto NICK bert
        ada <- :bob!bob@salotto NICK bert
        bob -> PRIVMSG ada :psst
        ada <- :bert!bert@salotto PRIVMSG ada :psst
        bob -> PART #lobby
        bob <- :bert!bert@salotto PART #lobby
        ada <- :bert!bert@salotto PART #lobby
        bob -> QUIT :so long
        bob <- ERROR :*
        ",
    );
}

#[test]
fn commands_are_answered_in_the_channel_where_they_are_called() {
    let server = server().enable("commands").open();
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto 353 ada = #lobby :ada
        ada <- :salotto 366 ada #lobby :*
        ada -> PRIVMSG #lobby :!who
        ada <- :salotto NOTICE #lobby :*ada*
        ada -> PRIVMSG #lobby :!whoo
        ada <- :salotto NOTICE #lobby :*
        ",
    );
}

#[test]
fn colours_are_left_out_of_what_is_said_since_nobody_else_has_them() {
    let server = server().open();
    let mut nc = server.enters("carl");
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #lobby
        ada <- *JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> PRIVMSG #lobby :\u{3}04,01red\u{3} and \u{2}bold\u{f}
        ada -> PING x
        ada <- :salotto PONG salotto :x
        ",
    );
    nc.hears("ada: red and bold");
}

#[test]
fn what_fits_into_a_line_of_who_says_it_comes_as_one() {
    let server = server().enable("commands").open();
    let mut ada = IrcClient::enters(&server, "ada");
    let mut bob = IrcClient::enters(&server, "bob");
    for (head, end) in [("PRIVMSG bob ", ""), ("PRIVMSG bob :", " b")] {
        let text = "a".repeat(510 - head.len() - end.len()) + end;
        ada.sends(&format!("{head}{text}"));
        assert_eq!(bob.hears(), format!(":ada!ada@salotto PRIVMSG bob :{text}"));
    }
    // More than a client can say at once, from elsewhere.
    let mut carl = server.enters("carl");
    carl.says(&format!("!msg bob {}", "a".repeat(900)));
    assert_eq!(bob.hears().len(), 510);
    assert!(bob.hears().ends_with("aaa"));
}
