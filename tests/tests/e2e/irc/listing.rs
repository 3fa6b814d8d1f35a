//! `LIST` and `NAMES`.

use salotto_tests::irc::{Dialogue, IrcClient};

use super::server;

/// What `LIST` names.
fn listed(client: &mut IrcClient, line: &str) -> Vec<String> {
    client.sends(line);
    let lines = client.hears_until(":salotto 323 *");
    assert!(lines.iter().any(|line| line.starts_with(":salotto 321 ")), "{lines:?}");
    let of_list = lines.iter().filter(|line| line.contains(" 322 "));
    of_list.filter_map(|line| line.split(' ').nth(3)).map(str::to_owned).collect()
}

#[test]
fn list_tells_rooms_by_name_by_mask_and_by_how_many_are_in_them() {
    let server = server().open();
    let (mut ada, mut bob) = (IrcClient::enters(&server, "ada"), IrcClient::enters(&server, "bob"));
    ada.sends("JOIN #chan1,#chan2");
    ada.sends("PING x");
    ada.hears_until(":salotto PONG *");
    bob.sends("JOIN #chan2");
    bob.hears_until(":salotto 366 *");
    for (line, rooms) in [
        ("LIST", &["#chan1", "#chan2"][..]),
        ("LIST <1", &[]),
        ("LIST #CHAN1,#lobby", &["#lobby", "#chan1"]),
        ("LIST *an1", &["#chan1"]),
        ("LIST *bb*", &["#lobby"]),
        ("LIST !#c*n2,#ch*", &["#chan1"]),
        ("LIST >0", &["#chan1", "#chan2"]),
        ("LIST >1", &["#chan2"]),
        ("LIST <2,>0", &["#chan1"]),
        ("LIST #nowhere", &[]),
    ] {
        assert_eq!(listed(&mut ada, line), rooms, "{line}");
    }
}

#[test]
fn names_without_a_channel_tells_who_is_where() {
    let server = server().open();
    let _nc = server.enters("carl");
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #dev
        ada <- :ada!ada@salotto JOIN #dev
        ada <- :salotto 353 ada = #dev :ada
        ada <- :salotto 366 ada #dev :*
        ada -> NAMES
        ada <- :salotto 353 ada = #lobby :carl
        ada <- :salotto 353 ada = #dev :ada
        ada <- :salotto 366 ada * :*
        ada -> NAMES invalid
        ada <- :salotto 366 ada invalid :*
        ada -> NAMES #lobby
        ada <- :salotto 353 ada = #lobby :carl
        ada <- :salotto 366 ada #lobby :*
        ",
    );
}

#[test]
fn a_topic_is_told_with_who_set_it_and_set_by_who_may() {
    let folder = super::folder();
    let server = super::moderated(&folder);
    Dialogue::with(&server).goes(
        "
        mod1 -> JOIN #dev
        mod1 <- :mod1!mod1@salotto JOIN #dev
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        mod1 -> TOPIC #dev
        mod1 <- :salotto 331 mod1 #dev :*
        mod1 -> TOPIC #dev :\u{2}what\u{2} we build
        mod1 <- :mod1!mod1@salotto TOPIC #dev :what we build
        ada -> JOIN #dev
        ada <- :ada!ada@salotto JOIN #dev
        ada <- :salotto 332 ada #dev :what we build
        ada <- :salotto 333 ada #dev mod1!mod1@salotto *
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> TOPIC #dev :mine
        ada <- :salotto 482 ada #dev :*
        mod1 <- *JOIN #dev
        mod1 -> TOPIC #dev :
        mod1 <- :mod1!mod1@salotto TOPIC #dev :
        ada <- :mod1!mod1@salotto TOPIC #dev :
        eve -> TOPIC #nowhere
        eve <- :salotto 403 eve #nowhere :*
        eve -> TOPIC #dev :mine
        eve <- :salotto 442 eve #dev :*
        ",
    );
}
