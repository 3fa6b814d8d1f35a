//! `WHO`, `ISON`, `USERHOST`, `LUSERS`: who is here.

use salotto::Role;
use salotto_tests::irc::{Dialogue, IrcClient};

use super::{folder, moderated, promotes, server};

#[test]
fn who_tells_of_those_in_a_channel_whatever_they_speak() {
    let folder = folder();
    let server = moderated(&folder);
    let _nc = server.enters("carl");
    Dialogue::with(&server).goes(
        "
        mod1 -> JOIN #lobby
        mod1 <- :mod1!mod1@salotto JOIN #lobby
        mod1 <- :salotto 353 mod1 = #lobby :carl @mod1
        mod1 <- :salotto 366 mod1 #lobby :*
        mod1 -> WHO #LOBBY
        mod1 <- :salotto 352 mod1 #lobby carl salotto salotto carl H :0 carl
        mod1 <- :salotto 352 mod1 #lobby mod1 salotto salotto mod1 H@ :0 mod1
        mod1 <- :salotto 315 mod1 #LOBBY :*
        ",
    );
}

#[test]
fn who_finds_by_nick_by_mask_and_by_nothing_at_all() {
    let server = server().open();
    let _nc = server.enters("carl");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada (raw) -> NICK ada
        ada -> USER lovelace 0 * :Ada Lovelace
        ada <- :salotto 001 *
        ",
    );
    let mut eve = IrcClient::enters(&server, "eve");
    eve.sends("WHO nobody");
    assert_eq!(eve.hears(), ":salotto 315 eve nobody :end of the list");
    eve.sends("WHO Ada");
    assert_eq!(eve.hears(), ":salotto 352 eve * lovelace salotto salotto ada H :0 Ada Lovelace");
    assert_eq!(eve.hears(), ":salotto 315 eve Ada :end of the list");
    eve.sends("WHO ?d*");
    eve.hears_until(":salotto 352 eve * lovelace *");
    assert_eq!(eve.hears(), ":salotto 315 eve ?d* :end of the list");
    eve.sends("WHO #nowhere");
    assert_eq!(eve.hears(), ":salotto 315 eve #nowhere :end of the list");
    eve.sends("WHO");
    assert_eq!(eve.hears_until(":salotto 315 eve * :end of the list").len(), 4);
}

#[test]
fn who_tells_who_is_away_and_who_is_an_operator() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> AWAY :tea
        ada <- :salotto 306 ada :*
        bob -> PING x
        bob <- :salotto PONG salotto :x
        ",
    );
    promotes(&server, "ada", Role::Operator);
    dialogue.goes(
        "
        bob -> WHO ada
        bob <- :salotto 352 bob * ada salotto salotto ada G* :0 ada
        bob <- :salotto 315 bob ada :*
        bob -> WHO * o
        bob <- :salotto 352 bob * ada salotto salotto ada G* :0 ada
        bob <- :salotto 315 bob * :*
        ",
    );
}

#[test]
fn who_with_fields_tells_those_in_their_order() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> PING x
        ada <- :salotto PONG salotto :x
        bob -> WHO ada %tcuihsnfdlaor,123
        bob <- :salotto 354 bob 123 * ada 255.255.255.255 salotto salotto ada H 0 * 0 n/a :ada
        bob <- :salotto 315 bob ada :*
        bob -> WHO ada %roaldfnshiuct,123
        bob <- :salotto 354 bob 123 * ada 255.255.255.255 salotto salotto ada H 0 * 0 n/a :ada
        bob <- :salotto 315 bob ada :*
        bob -> WHO ada %tn,321
        bob <- :salotto 354 bob 321 ada
        bob <- :salotto 315 bob ada :*
        bob -> WHO ada %n,99999
        bob <- :salotto 354 bob ada
        bob <- :salotto 315 bob ada :*
        ",
    );
}

#[test]
fn who_is_invisible_is_found_by_who_shares_a_room_or_knows_the_nick() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> MODE ada +i
        ada <- :ada!ada@salotto MODE ada :+i
        ada -> MODE ada +i
        ada -> MODE ada
        ada <- :salotto 221 ada +i
        bob -> WHO ad*
        bob <- :salotto 315 bob ad* :*
        bob -> WHO ada
        bob <- :salotto 352 bob * ada *
        bob <- :salotto 315 bob ada :*
        ada -> JOIN #dev
        bob -> JOIN #dev
        bob <- :bob!bob@salotto JOIN #dev
        bob <- :salotto 353 bob = #dev :ada bob
        bob <- :salotto 366 *
        bob -> WHO ad*
        bob <- :salotto 352 bob * ada *
        bob <- :salotto 315 bob ad* :*
        ",
    );
}

#[test]
fn a_locked_room_shows_nobody_to_those_outside() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        mod1 -> JOIN #dev
        mod1 -> MODE #dev +i
        mod1 <- :mod1!mod1@salotto JOIN #dev
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        mod1 <- :mod1!mod1@salotto MODE #dev +i
        eve -> WHO #dev
        eve <- :salotto 315 eve #dev :*
        eve -> NAMES #dev
        eve <- :salotto 366 eve #dev :*
        eve -> MODE #dev
        eve <- :salotto 403 eve #dev :*
        eve -> LIST #dev
        eve <- :salotto 321 *
        eve <- :salotto 323 *
        eve -> WHOIS mod1
        eve <- :salotto 311 eve mod1 mod1 salotto * :mod1
        eve <- :salotto 312 eve mod1 salotto :*
        ",
    );
}

#[test]
fn a_crowd_is_told_of_in_part() {
    let server = server()
        .settings(|settings| {
            settings.limits.connections_per_address = None;
            settings.limits.connections = None;
        })
        .open();
    let crowd: Vec<_> =
        (0..520).map(|number| server.enters_json(&format!("guest{number}"))).collect();
    let mut ada = IrcClient::enters(&server, "ada");
    ada.sends("WHO #lobby");
    let lines = ada.hears_until(":salotto 315 *");
    assert_eq!(lines.len(), 501);
    assert_eq!(lines[500], ":salotto 315 ada #lobby :the list ends here; 20 more are there");
    ada.sends("WHO g*");
    let lines = ada.hears_until(":salotto 315 *");
    assert_eq!(
        (lines.len(), &*lines[500]),
        (501, ":salotto 315 ada g* :the list ends here; 20 more are there")
    );
    drop(crowd);
}

#[test]
fn ison_and_userhost_tell_of_those_who_are_here() {
    let server = server().open();
    let _nc = server.enters("carl");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> ISON carl nobody ADA
        ada <- :salotto 303 ada :carl ada
        ada -> ISON :carl nobody
        ada <- :salotto 303 ada :carl
        ada -> ISON nobody
        ada <- :salotto 303 ada :
        ada -> AWAY :tea
        ada <- :salotto 306 *
        ada -> USERHOST carl ada nobody
        ada <- :salotto 302 ada :carl=+carl@salotto ada=-ada@salotto
        ada -> USERHOST
        ada <- :salotto 461 ada USERHOST :*
        ",
    );
    promotes(&server, "carl", Role::Operator);
    dialogue.goes(
        "
        ada -> USERHOST carl
        ada <- :salotto 302 ada :carl*=+carl@salotto
        ",
    );
}

#[test]
fn lusers_counts_those_with_a_name_and_those_without() {
    let server = server().open();
    let _nc = server.enters("carl");
    let mut silent = IrcClient::connects(&server);
    silent.sends("NICK eve");
    silent.sends("PING x");
    silent.hears();
    Dialogue::with(&server).goes(
        "
        ada -> LUSERS
        ada <- :salotto 251 ada :There are 2 users and 0 invisible on 1 server
        ada <- :salotto 253 ada 1 :*
        ada <- :salotto 254 ada 1 :channels
        ada <- :salotto 255 ada :I have 2 clients and 0 servers
        ada <- :salotto 265 ada 2 2 :*
        ada <- :salotto 266 ada 2 2 :*
        ada -> MODE ada +i
        ada <- *MODE ada :+i
        bob -> QUIT
        bob <- ERROR *
        ada -> LUSERS
        ada <- :salotto 251 ada :There are 1 users and 1 invisible on 1 server
        ada <- :salotto 253 *
        ada <- :salotto 254 *
        ada <- :salotto 255 *
        ada <- :salotto 265 ada 2 3 :*
        ada <- :salotto 266 ada 2 3 :*
        ",
    );
}
