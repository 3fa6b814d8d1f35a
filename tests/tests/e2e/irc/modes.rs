//! `MODE`: what holds in a room.

use salotto::Role;
use salotto_tests::irc::Dialogue;

use super::{folder, moderated, promotes, server};

#[test]
fn a_room_is_hushed_and_locked_by_mode_and_by_command_and_all_see_it() {
    let folder = folder();
    let server = moderated(&folder);
    let mut nc = server.enters("mod2");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        mod1 -> JOIN #lobby
        mod1 <- :mod1!mod1@salotto JOIN #lobby
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        mod1 -> MODE #lobby
        mod1 <- :salotto 324 mod1 #lobby +nt
        mod1 <- :salotto 329 mod1 #lobby *
        mod1 -> MODE #lobby +m
        mod1 <- :mod1!mod1@salotto MODE #lobby +m
        mod1 -> MODE #lobby +im
        mod1 <- :mod1!mod1@salotto MODE #lobby +i
        mod1 -> MODE #lobby
        mod1 <- :salotto 324 mod1 #lobby +imnt
        mod1 <- :salotto 329 *
        ",
    );
    nc.says("!hush lobby off");
    nc.hears_about("everybody may speak in lobby again");
    dialogue.goes(
        "
        mod1 <- :mod2!mod2@salotto MODE #lobby -m
        mod3 -> JOIN #lobby
        mod3 <- *JOIN #lobby
        mod3 <- :salotto 353 mod3 @ #lobby :@mod1 @mod2 @mod3
        ",
    );
}

#[test]
fn who_does_not_keep_order_changes_nothing() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        mod1 -> JOIN #dev
        mod1 <- *JOIN #dev
        mod1 <- :salotto 353 mod1 = #dev :@mod1
        mod1 <- :salotto 366 *
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 ada = #dev :ada @mod1
        ada <- :salotto 366 *
        ada -> MODE #dev +m
        ada <- :salotto 482 ada #dev :*
        ada -> MODE #dev -n
        ada <- :salotto 482 ada #dev :*
        ada -> MODE #dev +b eve
        ada <- :salotto 482 ada #dev :*
        ada -> MODE #dev +nt
        ada <- :salotto 482 ada #dev :*
        ada -> MODE #dev +xx-y
        ada <- :salotto 472 ada x :*
        ada <- :salotto 472 ada y :*
        ada -> MODE #dev +k
        ada <- :salotto 482 ada #dev :*
        ada -> MODE #dev b
        ada <- :salotto 368 ada #dev :*
        ada -> MODE #dev +q
        ada <- :salotto 729 ada #dev q :*
        ada -> MODE #nowhere +m
        ada <- :salotto 403 ada #nowhere :*
        bob -> MODE #dev +m
        bob <- :salotto 442 bob #dev :*
        bob -> MODE #dev +o ada
        bob <- :salotto 442 bob #dev :*
        ada -> MODE #dev +o ada
        ada <- :salotto 482 ada #dev :*
        ada -> MODE #dev +v
        ada <- :salotto 461 ada MODE :*
        ",
    );
}

#[test]
fn a_mute_by_mode_is_one_of_the_server_and_told_where_it_was_made() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        mod1 -> JOIN #dev
        mod1 <- *JOIN #dev
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        mod1 -> MODE #dev +q b*
        mod1 <- :salotto 696 mod1 #dev q b* :*
        mod1 -> MODE #dev +q bob
        mod1 <- :salotto NOTICE mod1 :no user `bob` is connected; the name is muted permanently
        mod1 <- :mod1!mod1@salotto MODE #dev +q bob!*@*
        mod1 -> MODE #dev q
        mod1 <- :salotto 728 mod1 #dev q :bob!*@*
        mod1 <- :salotto 729 mod1 #dev q :*
        ",
    );
}

#[test]
fn who_is_given_a_role_has_the_sign_in_every_channel() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
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
        ",
    );
    promotes(&server, "ada", Role::Operator);
    dialogue.goes(
        "
        ada <- :salotto MODE #dev +o ada
        ada <- :ada!ada@salotto MODE ada :+o
        bob <- :salotto MODE #dev +o ada
        ada -> MODE ada
        ada <- :salotto 221 ada +o
        ada -> JOIN #lobby
        bob -> NAMES #dev
        bob <- :salotto 353 bob = #dev :@ada bob
        bob <- :salotto 366 *
        ",
    );
    promotes(&server, "ada", Role::Member);
    dialogue.goes(
        "
        bob <- :salotto MODE #dev -o ada
        bob -> MODE ada +i
        bob <- :salotto 502 bob :*
        bob -> MODE bob +x
        bob <- :salotto 501 bob :*
        bob -> MODE bob +o
        bob -> MODE bob
        bob <- :salotto 221 bob +
        ",
    );
}

#[test]
fn who_keeps_order_and_comes_is_shown_with_the_sign() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        mod1 -> JOIN #dev
        ada <- :mod1!mod1@salotto JOIN #dev
        ada <- :salotto MODE #dev +o mod1
        ",
    );
}
