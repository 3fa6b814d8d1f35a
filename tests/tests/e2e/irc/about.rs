//! What servers are asked about themselves.

use salotto_tests::irc::{Dialogue, IrcClient};

use super::server;

#[test]
fn a_server_says_what_it_is() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada -> VERSION
        ada <- :salotto 351 ada salotto-* salotto :*
        ada -> VERSION other.example.org
        ada <- :salotto 402 ada other.example.org :*
        ada -> TIME
        ada <- :salotto 391 ada salotto :2*
        ada -> ADMIN sal*
        ada <- :salotto 256 ada salotto :*
        ada <- :salotto 257 ada :*
        ada <- :salotto 258 ada :*host*
        ada <- :salotto 259 ada :*
        ada -> LINKS
        ada <- :salotto 364 ada salotto salotto :0 *
        ada <- :salotto 365 ada * :*
        ada -> STATS u
        ada <- :salotto 219 ada u :*
        ada -> USERS
        ada <- :salotto 446 ada :*
        ada -> INFO
        ada <- :salotto 371 ada :*
        ada <- :salotto 371 ada :*
        ada <- :salotto 371 ada :*
        ada <- :salotto 374 ada :*
        ada -> INFO nowhere
        ada <- :salotto 402 ada nowhere :*
        ",
    );
}

#[test]
fn help_lists_what_can_be_said_and_explains_one() {
    let server = server().open();
    let mut ada = IrcClient::enters(&server, "ada");
    ada.sends("HELP");
    let lines = ada.hears_until(":salotto 706 ada * :*");
    assert!(lines[0].starts_with(":salotto 704 ada * :"), "{lines:?}");
    assert!(lines[1..lines.len() - 1].iter().all(|line| line.starts_with(":salotto 705 ada * :")));
    assert!(lines.iter().any(|line| line.contains(" WHOIS ")), "{lines:?}");
    ada.sends("HELPOP privmsg");
    ada.hears();
    assert_eq!(ada.hears(), ":salotto 705 ada PRIVMSG :PRIVMSG target[,target…] :text");
    ada.hears_until(":salotto 706 ada PRIVMSG :*");
    ada.sends("HELP dance");
    assert_eq!(ada.hears(), ":salotto 524 ada DANCE :there is no such command; HELP lists them");
}

#[test]
fn what_is_supported_is_said_in_lines_that_clients_can_read() {
    let server = server().open();
    let mut ada = IrcClient::connects(&server);
    ada.sends("NICK ada");
    ada.sends("USER ada 0 * :Ada");
    let lines = ada.hears_until(":salotto 422 *");
    let support: Vec<&String> = lines.iter().filter(|line| line.contains(" 005 ")).collect();
    for line in &support {
        assert!(
            line.split(' ').take_while(|word| !word.starts_with(":are")).count() <= 3 + 13
                && line.is_ascii()
        );
    }
    let said = |token: &str| support.iter().any(|line| line.split(' ').any(|word| word == token));
    for token in
        ["PREFIX=(ov)@+", "CHANMODES=Ibeq,k,l,imnst", "ELIST=MNU", "WHOX", "MODES=6", "UTF8ONLY"]
    {
        assert!(said(token), "{token} in {support:?}");
    }
    let numbers: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(numbers[..4], ["001", "002", "003", "004"]);
    assert!(numbers.contains(&"251"));
    // The letters of channels that have a parameter come last.
    assert!(lines[3].ends_with(" Biow Ibeiklmnoqstv Ibekloqv"), "{}", lines[3]);
}

#[test]
fn a_command_that_there_is_not_is_named_whatever_it_is_made_of() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [labeled-response batch] -> NO_SUCH_COMMAND
        ada <- :salotto 421 ada NO_SUCH_COMMAND :*
        ada -> @label=7 DANCE-WITH me
        ada <- @label=7 :salotto 421 ada DANCE-WITH :*
        ",
    );
}

#[test]
fn a_client_without_a_name_is_asked_for_one() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada (raw) -> NICK ada
        ada -> WHO
        ada <- :salotto 451 * :*
        ada -> DANCE
        ada <- :salotto 451 * :*
        ada -> USER ada 0 * :
        ada <- :salotto 461 * USER :*
        ada -> USER ada 0 * :Ada
        ada <- :salotto 001 ada :*
        ",
    );
}

#[test]
fn a_line_that_is_not_utf_8_is_dropped_with_its_command_named() {
    let server = server().open();
    let mut ada = IrcClient::enters(&server, "ada");
    ada.sends_bytes(b"PRIVMSG bob :hi\xaa\r\n\xff\xfe\r\nPING x\r\n");
    assert!(ada.hears().starts_with(":salotto FAIL PRIVMSG INVALID_UTF8 :"));
    assert!(ada.hears().starts_with(":salotto FAIL * INVALID_UTF8 :"));
    assert_eq!(ada.hears(), ":salotto PONG salotto :x");
}
