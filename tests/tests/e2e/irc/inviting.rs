//! `INVITE`.

use salotto_tests::irc::Dialogue;

use super::{folder, moderated};

#[test]
fn an_invitation_to_an_open_channel_is_told_by_anybody_in_it() {
    let folder = folder();
    let server = moderated(&folder);
    let mut nc = server.enters("carl");
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> PING x
        bob <- :salotto PONG *
        ada -> INVITE bob #dev
        ada <- :salotto 341 ada bob #dev
        bob <- :ada!ada@salotto INVITE bob #dev
        ada -> INVITE carl #dev
        ada <- :salotto 341 ada carl #dev
        bob -> INVITE carl #dev
        bob <- :salotto 442 bob #dev :*
        ada -> INVITE nobody #dev
        ada <- :salotto 401 ada nobody :*
        ada -> INVITE ada #dev
        ada <- :salotto 443 ada ada #dev :*
        ada -> INVITE bob #nowhere
        ada <- :salotto 403 ada #nowhere :*
        ",
    );
    nc.hears("[ada to carl] come to #dev, please");
}

#[test]
fn where_one_was_asked_to_come_to_is_listed_until_one_comes() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> INVITE
        bob <- :salotto 337 bob :*
        bob -> INVITE carl
        bob <- :salotto 461 bob INVITE :*
        ada -> INVITE bob #dev
        ada <- :salotto 341 ada bob #dev
        bob <- :ada!ada@salotto INVITE bob #dev
        bob -> INVITE
        bob <- :salotto 336 bob #dev
        bob <- :salotto 337 bob :*
        bob -> JOIN #dev
        bob <- *JOIN #dev
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> INVITE
        bob <- :salotto 337 bob :*
        ",
    );
}

#[test]
fn an_invitation_to_a_locked_channel_lets_in_and_is_for_moderators() {
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        mod1 -> JOIN #dev
        mod1 <- *JOIN #dev
        mod1 <- :salotto 353 *
        mod1 <- :salotto 366 *
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        mod1 <- *JOIN #dev
        mod1 -> MODE #dev +i
        mod1 <- *MODE #dev +i
        bob -> JOIN #dev
        bob <- :salotto 473 bob #dev :*
        ada <- *MODE #dev +i
        ada -> INVITE bob #dev
        ada <- :salotto 482 ada #dev :*
        mod1 -> INVITE bob #dev
        mod1 <- :salotto 341 mod1 bob #dev
        bob <- :mod1!mod1@salotto INVITE bob #dev
        bob -> JOIN #dev
        bob <- *JOIN #dev
        bob <- :salotto 353 bob @ #dev :ada bob @mod1
        ",
    );
}

#[test]
fn who_is_muted_invites_nobody() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> PING x
        bob <- :salotto PONG *
        ",
    );
    server.types("mute ada 1h");
    dialogue.goes(
        "
        ada <- :salotto NOTICE ada :you are muted*
        ada -> INVITE bob #dev
        ada <- :salotto 482 ada #dev :*muted*
        bob -> PING y
        bob <- :salotto PONG salotto :y
        ",
    );
}
