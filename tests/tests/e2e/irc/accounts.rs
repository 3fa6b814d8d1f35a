//! Clients log in to accounts, make them, and are known by them.

use salotto::protocol::ScramClient;
use salotto_tests::TestServerBuilder;
use salotto_tests::irc::{Dialogue, IrcClient};

use super::server;
use crate::login::{base64, roles, unbase64};

fn builder() -> TestServerBuilder {
    server().server(|server| server.enable(roles("")))
}

#[test]
fn a_client_logs_in_before_it_has_a_name_and_is_known_by_its_account() {
    let server = builder().open();
    let right = base64("\0ada\0sword fish");
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(&format!(
        "
        bob [extended-join account-notify account-tag message-tags] -> JOIN #lobby
        bob <- :bob!bob@salotto JOIN #lobby * :bob
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada (raw) -> CAP LS 302
        ada <- :salotto CAP * LS * :*sasl=SCRAM-SHA-256,EXTERNAL,PLAIN *
        ada <- :salotto CAP * LS :*
        ada -> CAP REQ :sasl extended-join
        ada <- :salotto CAP * ACK :sasl extended-join
        ada -> AUTHENTICATE PLAIN
        ada <- AUTHENTICATE +
        ada -> AUTHENTICATE {right}
        ada <- :salotto 900 * *!*@* ada :*
        ada <- :salotto 903 * :*
        ada -> NICK ada
        ada -> USER ada 0 * :Ada Lovelace
        ada -> CAP END
        "
    ));
    dialogue.client("ada").hears_until("* NOTICE ada :you are logged in as ada *");
    dialogue.goes(
        "
        ada -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby ada :Ada Lovelace
        ada <- :salotto 353 ada = #lobby :@ada bob
        ada <- :salotto 366 *
        bob <- :ada!ada@salotto JOIN #lobby ada :Ada Lovelace
        bob <- :salotto MODE #lobby +o ada
        ada -> PRIVMSG #lobby :hello
        bob <- @time=*;msgid=*;account=ada :ada!ada@salotto PRIVMSG #lobby :hello
        dora [account-tag] -> PING x
        dora <- :salotto PONG salotto :x
        ada -> PRIVMSG dora :psst
        dora <- @account=ada :ada!ada@salotto PRIVMSG dora :psst
        ada -> PRIVMSG bob :psst
        bob <- @time=*;msgid=*;account=ada :ada!ada@salotto PRIVMSG bob :psst
        ada -> PRIVMSG #lobby :!logout
        bob <- :salotto MODE #lobby -o ada
        bob <- :ada!ada@salotto ACCOUNT *
        ",
    );
}

#[test]
fn what_is_wrong_with_a_login_is_said_by_number() {
    let server = builder().open();
    let (wrong, half) = (base64("\0ada\0goldfish"), "a".repeat(400));
    Dialogue::with(&server).goes(&format!(
        "
        ada (raw) -> CAP REQ sasl
        ada <- :salotto CAP * ACK :sasl
        ada -> AUTHENTICATE TELEPATHY
        ada <- :salotto 908 * SCRAM-SHA-256,EXTERNAL,PLAIN :*
        ada <- :salotto 904 * :*
        ada -> AUTHENTICATE PLAIN
        ada <- AUTHENTICATE +
        ada -> AUTHENTICATE *
        ada <- :salotto 906 * :*
        ada -> AUTHENTICATE PLAIN
        ada <- AUTHENTICATE +
        ada -> AUTHENTICATE {}
        ada <- :salotto 905 * :*
        ada -> AUTHENTICATE PLAIN
        ada <- AUTHENTICATE +
        ada -> AUTHENTICATE {half}
        ada -> AUTHENTICATE ?
        ada <- :salotto 904 * :*
        ada -> AUTHENTICATE EXTERNAL
        ada <- AUTHENTICATE +
        ada -> AUTHENTICATE +
        ada <- :salotto 904 * :*
        ada -> AUTHENTICATE PLAIN
        ada <- AUTHENTICATE +
        ada -> AUTHENTICATE {wrong}
        ada <- :salotto 904 * :wrong account or password*
        ",
        "a".repeat(401),
    ));
}

#[test]
fn a_long_password_comes_in_pieces() {
    let server = builder().open();
    let password = "bar".repeat(83);
    let mut dialogue = Dialogue::with(&server);
    let whole = base64(format!("carl\0carl\0{password}"));
    // A message that fills its pieces is ended by an empty one.
    assert!(whole.len() > 300);
    dialogue.goes(&format!(
        "
        carl [draft/account-registration standard-replies labeled-response batch] -> @label=r REGISTER * * {password}
        carl <- @label=r :salotto REGISTER SUCCESS carl :*
        carl -> REGISTER * * {password}
        carl <- :salotto FAIL REGISTER ACCOUNT_EXISTS carl :*
        dora -> REGISTER other * {password}
        dora <- :salotto FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK other :*
        dora -> REGISTER * * short
        dora <- :salotto FAIL REGISTER TEMPORARILY_UNAVAILABLE dora :the password has 5 characters*
        eve (raw) -> NICK eve
        eve -> REGISTER * * {password}
        eve <- :salotto FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :*
        eve -> AUTHENTICATE PLAIN
        eve <- AUTHENTICATE +
        "
    ));
    let eve = dialogue.client("eve");
    let pieces = whole.as_bytes().chunks(400).map(|piece| String::from_utf8_lossy(piece));
    pieces.for_each(|piece| eve.sends(&format!("AUTHENTICATE {piece}")));
    if whole.len().is_multiple_of(400) {
        eve.sends("AUTHENTICATE +");
    }
    dialogue.goes(
        "
        eve <- :salotto 900 * *!*@* carl :*
        eve <- :salotto 903 * :*
        ",
    );
}

#[test]
fn how_far_an_account_has_read_is_known_when_it_comes_back() {
    let server = builder().open();
    let right = base64("\0ada\0sword fish");
    for round in 0..2 {
        let mut ada = IrcClient::connects(&server);
        ada.sends("CAP REQ :sasl draft/read-marker");
        ada.sends("AUTHENTICATE PLAIN");
        ada.hears_until("AUTHENTICATE +");
        ada.sends(&format!("AUTHENTICATE {right}"));
        ada.hears_until(":salotto 903 *");
        for line in ["NICK ada", "USER ada 0 * :Ada", "CAP END", "JOIN #lobby"] {
            ada.sends(line);
        }
        let lines = ada.hears_until(":salotto MARKREAD #lobby *");
        let told = lines.last().map(String::as_str).unwrap_or_default();
        let read = "timestamp=2021-05-20T08:30:00.000Z";
        match round {
            0 => assert_eq!(told, ":salotto MARKREAD #lobby *"),
            _ => assert_eq!(told, format!(":salotto MARKREAD #lobby {read}")),
        }
        ada.sends(&format!("MARKREAD #lobby {read}"));
        ada.hears_until(&format!(":salotto MARKREAD #lobby {read}"));
        ada.sends("QUIT");
        ada.hears_until("ERROR *");
    }
}

#[test]
fn a_password_is_proven_and_not_told_and_the_nick_stays_what_it_is() {
    let server = builder().open();
    let mut ada = IrcClient::enters(&server, "guest");
    let mut scram = ScramClient::new("ada", "sword fish").expect("random numbers");
    ada.sends("AUTHENTICATE SCRAM-SHA-256");
    assert_eq!(ada.hears(), "AUTHENTICATE +");
    ada.sends(&format!("AUTHENTICATE {}", base64(scram.first())));
    let challenge = ada.hears();
    let challenge = unbase64(challenge.strip_prefix("AUTHENTICATE ").expect("a challenge"));
    let answer = scram.answer(&challenge).expect("a challenge");
    ada.sends(&format!("AUTHENTICATE {}", base64(answer)));
    let lines = ada.hears_until("AUTHENTICATE *");
    let last = lines.last().and_then(|line| line.strip_prefix("AUTHENTICATE ")).expect("the end");
    scram.check(&unbase64(last)).expect("the server knows the password");
    ada.sends("AUTHENTICATE +");
    ada.hears_until(":salotto 900 guest guest!guest@salotto ada :*");
    ada.hears_until(":salotto 903 *");
    ada.sends("PING x");
    assert_eq!(ada.hears(), ":salotto PONG salotto :x");
}
