//! `OPER`: an account's role, by its password.

use salotto::PluginSetup;
use salotto_tests::irc::{Dialogue, matches};

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
        ada <- :salotto NOTICE ada :wrong account or password*
        ada <- :salotto 464 ada :*
        ada -> OPER operuser again
        ada <- :salotto 464 ada :that is too soon*
        bob -> JOIN #dev
        bob <- *JOIN #dev
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob -> OPER operuser operpassword
        ",
    );
    let lines = dialogue.client("bob").hears_until(":operuser!operuser@salotto MODE operuser :+o");
    for line in ["* NICK operuser", ":salotto 381 operuser :*", ":salotto MODE #dev +o operuser"] {
        assert!(lines.iter().any(|heard| matches(line, heard)), "{line} in {lines:?}");
    }
}
