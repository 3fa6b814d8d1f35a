//! `WALLOPS`: what operators tell each other.

use salotto::Role;
use salotto_tests::irc::Dialogue;

use super::{promotes, server};

#[test]
fn operators_tell_each_other_and_those_who_want_to_hear_it() {
    let server = server().open();
    let mut nc = server.enters("zoe");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> WALLOPS :hello
        ada <- :salotto 481 ada :*
        bob -> MODE bob +w
        bob <- :bob!bob@salotto MODE bob :+w
        carl -> PING x
        carl <- :salotto PONG *
        ",
    );
    for name in ["ada", "zoe"] {
        promotes(&server, name, Role::Operator);
    }
    dialogue.goes(
        "
        ada <- :ada!ada@salotto MODE ada :+o
        ada -> WALLOPS
        ada <- :salotto 461 ada WALLOPS :*
        ada -> WALLOPS :tea is ready
        ada <- :ada!ada@salotto WALLOPS :tea is ready
        bob <- :ada!ada@salotto WALLOPS :tea is ready
        carl -> PING y
        carl <- :salotto PONG salotto :y
        ",
    );
    nc.hears("* ada to the operators: tea is ready");
}
