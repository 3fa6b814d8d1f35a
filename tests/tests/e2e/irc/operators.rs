//! `OPER`: an account's role, by its password.

use salotto::PluginSetup;
use salotto_tests::irc::{Dialogue, IrcClient, matches};

use super::server;

/// The hash of `operpassword`, made with little work.
fn accounts() -> PluginSetup {
    let hash = salotto::PasswordHash::new("operpassword").expect("a hash");
    PluginSetup::new("roles").settings(format!(
        "(accounts: [(name: \"operuser\", role: operator, password: \"{hash}\")])"
    ))
}

#[test]
fn who_knows_the_password_becomes_an_operator_and_who_does_not_is_told_so() {
    let server = server().server(|server| server.enable(accounts())).open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> OPER operuser
        ada <- :salotto 461 ada OPER :*
        ada -> OPER operuser wrong
        ada <- :salotto 464 ada :wrong account or password*
        ada -> OPER operuser again
        ada <- :salotto 464 ada :that is too soon*
        bob -> JOIN #dev
        bob <- *JOIN #dev
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> OPER operuser operpassword
        ",
    );
    let lines = dialogue.client("bob").hears_until(":bob!bob@salotto MODE bob :+o");
    for line in [":salotto 381 bob :*", ":salotto MODE #dev +o bob"] {
        assert!(lines.iter().any(|heard| matches(line, heard)), "{line} in {lines:?}");
    }
}

#[test]
fn a_pong_comes_after_what_was_asked_for_before_also_where_that_takes_a_while() {
    let server = server().server(|server| server.enable(accounts())).open();
    let mut ada = IrcClient::enters(&server, "ada");
    ada.sends_bytes(b"OPER operuser wrong\r\nPING one\r\nPING two\r\n");
    assert!(matches(":salotto 464 ada :wrong account or password*", &ada.hears()));
    assert_eq!(ada.hears(), ":salotto PONG salotto :one");
    assert_eq!(ada.hears(), ":salotto PONG salotto :two");
    let mut bob = IrcClient::enters(&server, "bob");
    bob.sends_bytes(b"OPER operuser operpassword\r\nPING x\r\n");
    let lines = bob.hears_until(":salotto PONG salotto :x");
    for line in [":salotto 381 bob :*", ":bob!bob@salotto MODE bob :+o"] {
        assert!(lines.iter().any(|heard| matches(line, heard)), "{line} in {lines:?}");
    }
}
