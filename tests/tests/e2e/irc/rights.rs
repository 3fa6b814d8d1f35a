//! Who opens a channel is its operator, and what such a one may.

use salotto_tests::irc::Dialogue;
use salotto_tests::soon;

use super::{folder, moderated};

/// `ada` has opened `#dev`, and `bob` is there, too.
const TWO: &str = "
    ada -> JOIN #dev
    ada <- :ada!ada@salotto JOIN #dev
    ada <- :salotto 353 ada = #dev :@ada
    ada <- :salotto 366 *
    bob -> JOIN #dev
    bob <- :bob!bob@salotto JOIN #dev
    bob <- :salotto 353 bob = #dev :@ada bob
    bob <- :salotto 366 *
    ada <- :bob!bob@salotto JOIN #dev
";

#[test]
fn who_opens_a_channel_sends_people_out_of_it_and_passes_that_on() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(TWO);
    dialogue.goes(
        "
        ada -> MODE #dev
        ada <- :salotto 324 ada #dev +nt
        ada <- :salotto 329 ada #dev *
        bob -> KICK #dev ada
        bob <- :salotto 482 bob #dev :*
        bob -> TOPIC #dev :mine
        bob <- :salotto 482 bob #dev :*
        ada -> MODE #dev +o bob
        ada <- :ada!ada@salotto MODE #dev +o bob
        bob <- :ada!ada@salotto MODE #dev +o bob
        bob -> MODE #dev -o ada
        bob <- :bob!bob@salotto MODE #dev -o ada
        ada <- :bob!bob@salotto MODE #dev -o ada
        bob -> KICK #dev ada :bye
        ada <- :bob!bob@salotto KICK #dev ada :bye
        bob <- :bob!bob@salotto KICK #dev ada :bye
        ada -> JOIN #dev
        ada <- :ada!ada@salotto JOIN #dev
        ada <- :salotto 353 ada = #dev :ada @bob
        ada <- :salotto 366 *
        bob <- :ada!ada@salotto JOIN #dev
        bob -> MODE #dev +o nobody
        bob <- :salotto 401 bob nobody :*
        carl -> PING x
        carl <- :salotto PONG *
        bob -> MODE #dev +o carl
        bob <- :salotto 441 bob carl #dev :*
        bob -> KILL ada
        bob <- :salotto 481 bob :*
        ",
    );
}

#[test]
fn a_voice_speaks_in_a_moderated_channel_and_has_its_sign() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(TWO);
    dialogue.goes(
        "
        ada -> MODE #dev +m
        ada <- :ada!ada@salotto MODE #dev +m
        bob <- :ada!ada@salotto MODE #dev +m
        bob -> PRIVMSG #dev :hello
        bob <- :salotto 404 bob #dev :*
        ada -> MODE #dev +v bob
        bob <- :ada!ada@salotto MODE #dev +v bob
        ada <- :ada!ada@salotto MODE #dev +v bob
        bob -> PRIVMSG #dev :hello
        ada <- :bob!bob@salotto PRIVMSG #dev :hello
        ada -> MODE #dev +v ada
        ada <- :ada!ada@salotto MODE #dev +v ada
        bob <- :ada!ada@salotto MODE #dev +v ada
        bob -> NAMES #dev
        bob <- :salotto 353 bob = #dev :@ada +bob
        bob <- :salotto 366 *
        bob -> WHO #dev
        bob <- :salotto 352 bob #dev ada salotto salotto ada H@ :*
        bob <- :salotto 352 bob #dev bob salotto salotto bob H+ :*
        bob <- :salotto 315 *
        carl [multi-prefix] -> JOIN #dev
        carl <- *JOIN #dev
        carl <- :salotto 353 carl = #dev :@+ada +bob carl
        carl <- :salotto 366 *
        carl -> WHOIS ada
        carl <- :salotto 311 *
        carl <- :salotto 319 carl ada :@+#dev
        ",
    );
}

#[test]
fn bans_exceptions_and_keys_and_limits_refuse_by_number() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> MODE #dev +b BOB!*@*
        ada <- :ada!ada@salotto MODE #dev +b BOB!*@*
        bob -> JOIN #dev
        bob <- :salotto 474 bob #dev :*
        ada -> MODE #dev +b
        ada <- :salotto 367 ada #dev BOB!*@* ada :*
        ada <- :salotto 368 ada #dev :*
        ada -> MODE #dev +e bob
        ada <- :ada!ada@salotto MODE #dev +e bob!*@*
        ada -> MODE #dev e
        ada <- :salotto 348 ada #dev bob!*@* ada :*
        ada <- :salotto 349 ada #dev :*
        bob -> JOIN #dev
        bob <- *JOIN #dev
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- *JOIN #dev
        ada -> MODE #dev -e bob
        ada <- :ada!ada@salotto MODE #dev -e bob!*@*
        bob <- :ada!ada@salotto MODE #dev -e bob!*@*
        ",
    );
}

#[test]
fn who_is_banned_inside_only_reads_and_a_mask_of_all_is_one() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(TWO);
    dialogue.goes(
        "
        ada -> MODE #dev +bb *!*@* *!*@10.0.0.300
        ada <- :ada!ada@salotto MODE #dev +b *!*@*
        ada <- :salotto 696 ada #dev b * :*
        bob <- :ada!ada@salotto MODE #dev +b *!*@*
        bob -> PRIVMSG #dev :hello
        bob <- :salotto 404 bob #dev :*
        ada -> PRIVMSG #dev :hello
        bob <- :ada!ada@salotto PRIVMSG #dev :hello
        ada -> MODE #dev -b *!*@*
        ada <- :ada!ada@salotto MODE #dev -b *!*@*
        bob <- :ada!ada@salotto MODE #dev -b *!*@*
        ada -> MODE #dev -b nobody
        bob -> PRIVMSG #dev :hello
        ada <- :bob!bob@salotto PRIVMSG #dev :hello
        ",
    );
}

#[test]
fn a_key_and_a_limit_are_told_to_those_inside_and_asked_of_those_outside() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada -> JOIN #dev
        ada <- *JOIN #dev
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> MODE #dev +k
        ada <- :salotto 461 ada MODE :*
        ada -> MODE #dev +kl swordfish 0
        ada <- :ada!ada@salotto MODE #dev +k swordfish
        ada <- :salotto 696 ada #dev l 0 :*
        ada -> MODE #dev +l 2
        ada <- :ada!ada@salotto MODE #dev +l 2
        ada -> MODE #dev
        ada <- :salotto 324 ada #dev +ntkl swordfish 2
        ada <- :salotto 329 *
        bob -> MODE #dev
        bob <- :salotto 324 bob #dev +ntkl * 2
        bob <- :salotto 329 *
        bob -> JOIN #dev
        bob <- :salotto 475 bob #dev :*
        bob -> JOIN #dev sword
        bob <- :salotto 475 bob #dev :*
        bob -> JOIN #lobby,#dev ,swordfish
        bob <- *JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        bob <- *JOIN #dev
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        carl -> JOIN #dev swordfish
        carl <- :salotto 471 carl #dev :*
        ada <- *JOIN #dev
        ada -> MODE #dev -kl x
        ada <- :ada!ada@salotto MODE #dev -k *
        ada <- :ada!ada@salotto MODE #dev -l
        carl -> JOIN #dev
        carl <- *JOIN #dev
        ",
    );
}

#[test]
fn a_secret_channel_is_told_of_to_nobody_outside_and_an_open_topic_is_everybodys() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(TWO);
    dialogue.goes(
        "
        ada -> MODE #dev +s-t
        ada <- :ada!ada@salotto MODE #dev +s
        ada <- :ada!ada@salotto MODE #dev -t
        ada -> MODE #dev
        ada <- :salotto 324 ada #dev +ns
        ada <- :salotto 329 *
        bob <- :ada!ada@salotto MODE #dev +s
        bob <- :ada!ada@salotto MODE #dev -t
        bob -> TOPIC #dev :ours
        bob <- :bob!bob@salotto TOPIC #dev :ours
        ada <- :bob!bob@salotto TOPIC #dev :ours
        carl -> NAMES #dev
        carl <- :salotto 366 carl #dev :*
        carl -> MODE #dev
        carl <- :salotto 403 carl #dev :*
        carl -> JOIN #dev
        carl <- *JOIN #dev
        carl <- :salotto 332 carl #dev :ours
        ",
    );
}

#[test]
fn an_invite_exception_joins_a_locked_channel_and_its_operator_invites() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(TWO);
    dialogue.goes(
        "
        ada -> MODE #dev +i
        ada <- :ada!ada@salotto MODE #dev +i
        carl -> JOIN #dev
        carl <- :salotto 473 carl #dev :*
        bob <- :ada!ada@salotto MODE #dev +i
        bob -> INVITE carl #dev
        bob <- :salotto 482 bob #dev :*
        ada -> MODE #dev +I c*!*@*
        ada <- :ada!ada@salotto MODE #dev +I c*!*@*
        carl -> JOIN #dev
        carl <- *JOIN #dev
        ada <- *JOIN #dev
        ada -> MODE #dev I
        ada <- :salotto 346 ada #dev c*!*@* ada :*
        ada <- :salotto 347 ada #dev :*
        dora -> PING x
        dora <- :salotto PONG *
        ada -> INVITE dora #dev
        ada <- :salotto 341 ada dora #dev*
        dora <- :ada!ada@salotto INVITE dora #dev
        dora -> JOIN #dev
        dora <- *JOIN #dev
        ",
    );
}

#[test]
fn what_is_done_by_commands_elsewhere_is_told_as_modes() {
    let folder = folder();
    let server = moderated(&folder);
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(TWO);
    for line in ["op bob dev", "room ban dev eve 1h", "room key dev swordfish"] {
        soon("a command", server.handle().execute(line)).expect("it is done");
    }
    dialogue.goes(
        "
        ada <- :host!host@salotto MODE #dev +o bob
        ada <- :host!host@salotto MODE #dev +b eve!*@*
        ada <- :host!host@salotto MODE #dev +k swordfish
        ",
    );
}
