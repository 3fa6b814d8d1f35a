//! `WHOIS` and `WHOWAS`: who somebody is, or was.

use salotto::Role;
use salotto_tests::irc::{Dialogue, IrcClient};

use super::{promotes, server};

#[test]
fn whois_tells_what_is_known_and_no_address() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada (raw) -> NICK ada
        ada -> USER lovelace 0 * :Ada Lovelace
        ada -> JOIN #one,#two
        ada -> AWAY :tea
        ada -> PING x
        bob -> PING x
        ",
    );
    dialogue.client("ada").hears_until(":salotto PONG *");
    promotes(&server, "ada", Role::Moderator);
    dialogue.goes(
        "
        bob <- :salotto PONG *
        bob -> WHOIS Ada
        bob <- :salotto 311 bob ada lovelace salotto * :Ada Lovelace
        bob <- :salotto 319 bob ada :@#one @#two
        bob <- :salotto 312 bob ada salotto :*
        bob <- :salotto 313 bob ada :is a moderator
        bob <- :salotto 301 bob ada :tea
        bob <- :salotto 317 bob ada 0 * :seconds idle, since
        bob <- :salotto 318 bob ada :*
        ",
    );
}

#[test]
fn whois_asks_this_server_whichever_is_named() {
    let server = server().open();
    let _nc = server.enters("carl");
    let mut ada = IrcClient::enters(&server, "ada");
    for line in ["WHOIS carl", "WHOIS salotto carl", "WHOIS carl carl"] {
        ada.sends(line);
        assert_eq!(ada.hears(), ":salotto 311 ada carl carl salotto * :carl");
        assert_eq!(ada.hears(), ":salotto 319 ada carl :#lobby");
        ada.hears_until(":salotto 318 ada carl :*");
    }
}

#[test]
fn whois_of_nobody_ends_all_the_same() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> WHOIS nobody
        ada <- :salotto 401 ada nobody :*
        ada <- :salotto 318 ada nobody :*
        ada -> WHOIS :a b
        ada <- :salotto 401 ada a_b :*
        ada <- :salotto 318 ada a_b :*
        ada -> WHOIS
        ada <- :salotto 431 ada :*
        ",
    );
}

#[test]
fn whois_shows_the_channels_of_who_is_invisible_to_who_shares_them() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> MODE ada +i
        ada -> JOIN #one,#two
        ada -> PING x
        bob -> JOIN #two
        ",
    );
    dialogue.client("ada").hears_until(":salotto PONG *");
    dialogue.client("bob").hears_until(":salotto 366 *");
    dialogue.goes(
        "
        bob -> WHOIS ada
        bob <- :salotto 311 *
        bob <- :salotto 319 bob ada :#two
        bob <- :salotto 312 *
        ",
    );
}

#[test]
fn whowas_remembers_who_left_and_who_took_another_nick_the_latest_first() {
    let server = server().open();
    for user in ["first", "second"] {
        let mut bob = IrcClient::connects(&server);
        bob.sends("NICK bob");
        bob.sends(&format!("USER {user} 0 * :Bob"));
        bob.sends("QUIT :bye");
        bob.hears_until("ERROR *");
    }
    Dialogue::with(&server).goes(
        "
        ada -> WHOWAS bob
        ada <- :salotto 314 ada bob second salotto * :Bob
        ada <- :salotto 312 ada bob salotto :*
        ada <- :salotto 314 ada bob first salotto * :Bob
        ada <- :salotto 312 ada bob salotto :*
        ada <- :salotto 369 ada bob :*
        ada -> WHOWAS BO* 1
        ada <- :salotto 314 ada bob second salotto * :Bob
        ada <- :salotto 312 *
        ada <- :salotto 369 ada BO* :*
        ada -> WHOWAS nobody,bob 0
        ada <- :salotto 314 *
        ada <- :salotto 312 *
        ada <- :salotto 314 *
        ada <- :salotto 312 *
        ada <- :salotto 369 ada nobody,bob :*
        ada -> WHOWAS nobody
        ada <- :salotto 406 ada nobody :*
        ada <- :salotto 369 ada nobody :*
        ada -> NICK countess
        ada <- :ada!ada@salotto NICK countess
        ada -> WHOWAS ada
        ada <- :salotto 314 countess ada ada salotto * :ada
        ",
    );
}
