//! What was said before, and what becomes of it.

use std::time::Duration;

use salotto::Role;
use salotto_tests::irc::{Dialogue, IrcClient};
use salotto_tests::{TestServer, pause};
use tempfile::TempDir;

use super::{keeping, promotes, server};

const ALL: &str = "message-tags server-time echo-message batch labeled-response draft/chathistory";

/// Somebody in the lobby who has said so many things, with the ids and times of these.
fn talker(
    server: &TestServer,
    capabilities: &str,
    count: usize,
) -> (IrcClient, Vec<(String, String)>) {
    let mut ada = IrcClient::enters_with(server, "ada", capabilities);
    ada.sends("JOIN #lobby");
    ada.hears_until("* 366 *");
    let said = (0..count).map(|number| {
        // Each has a time of its own.
        pause(Duration::from_millis(2));
        ada.sends(&format!("PRIVMSG #lobby :message {number}"));
        let line = ada.hears_until("@*PRIVMSG #lobby :message *").pop().expect("it came");
        (tag(&line, "msgid"), tag(&line, "time"))
    });
    let said = said.collect();
    (ada, said)
}

fn tag(line: &str, name: &str) -> String {
    let tags = line.trim_start_matches('@').split(' ').next().unwrap_or_default();
    let tag = tags.split(';').find_map(|tag| tag.strip_prefix(&format!("{name}=")));
    tag.unwrap_or_else(|| panic!("`{line}` has no tag `{name}`")).to_owned()
}

/// The ids of what a client is given when it asks for a part of the past.
fn given(client: &mut IrcClient, asked: &str) -> Vec<String> {
    client.sends(&format!("CHATHISTORY {asked}"));
    let lines = client.hears_until("*BATCH -*");
    assert!(lines[0].contains("BATCH +") && lines[0].contains(" chathistory #lobby"), "{lines:?}");
    let said = lines[1..lines.len() - 1].iter();
    said.inspect(|line| assert!(line.contains("PRIVMSG #lobby :message"), "{line}"))
        .map(|line| tag(line, "msgid"))
        .collect()
}

#[test]
fn every_part_of_the_past_is_read_by_id_and_by_time() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let server = keeping(&folder).open();
    let (mut ada, said) = talker(&server, ALL, 10);
    let ids: Vec<String> = said.iter().map(|(id, _)| id.clone()).collect();
    let (four, seven) = (4, 7);
    assert_eq!(given(&mut ada, "LATEST #lobby * 100"), ids);
    assert_eq!(given(&mut ada, "LATEST #lobby * 3"), ids[ids.len() - 3..]);
    for mark in [format!("msgid={}", said[4].0), format!("timestamp={}", said[4].1)] {
        assert_eq!(given(&mut ada, &format!("LATEST #lobby {mark} 100")), ids[four + 1..]);
        assert_eq!(given(&mut ada, &format!("BEFORE #lobby {mark} 2")), ids[four - 2..four]);
        assert_eq!(given(&mut ada, &format!("AFTER #lobby {mark} 3")), ids[four + 1..four + 4]);
        assert!(given(&mut ada, &format!("AROUND #lobby {mark} 3")).contains(&ids[four]));
    }
    for (four_is, seven_is) in [
        (format!("msgid={}", said[4].0), format!("msgid={}", said[7].0)),
        (format!("timestamp={}", said[4].1), format!("timestamp={}", said[7].1)),
    ] {
        let between = &ids[four + 1..seven];
        let (one, other) = (&four_is, &seven_is);
        assert_eq!(given(&mut ada, &format!("BETWEEN #lobby {one} {other} 100")), between);
        assert_eq!(given(&mut ada, &format!("BETWEEN #lobby {other} {one} 100")), between);
        assert_eq!(given(&mut ada, &format!("BETWEEN #lobby {one} {other} 1")), between[..1]);
        let last = &between[between.len() - 1..];
        assert_eq!(given(&mut ada, &format!("BETWEEN #lobby {other} {one} 1")), last);
    }
    ada.sends_bytes(b"CHATHISTORY LATEST #lobby * 1\r\nPING x\r\n");
    let lines = ada.hears_until(":salotto PONG salotto :x");
    assert!(lines[lines.len() - 2].contains(" BATCH -"), "{lines:?}");
    ada.sends("@label=7 CHATHISTORY LATEST #lobby * 1");
    assert!(ada.hears().starts_with("@label=7 :salotto BATCH +"));
}

#[test]
fn what_is_around_a_message_has_it_in_the_middle_with_events_and_without() {
    let with_events = format!("{ALL} draft/event-playback");
    for capabilities in [ALL, &with_events] {
        let folder = TempDir::new().expect("there is a temporary folder");
        let server = keeping(&folder).open();
        let (mut ada, said) = talker(&server, capabilities, 10);
        let ids: Vec<String> = said.iter().map(|(id, _)| id.clone()).collect();
        let mark = &said[7].0;
        for (count, around) in [(1, 7..8), (3, 6..9), (4, 5..9)] {
            let asked = format!("AROUND #lobby msgid={mark} {count}");
            assert_eq!(given(&mut ada, &asked), ids[around], "{capabilities}: {asked}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_said_and_of_two_people_nothing_is_kept() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let server = keeping(&folder).open();
    server.types("open hidden");
    Dialogue::with(&server).goes(
        "
        ada [batch draft/chathistory] -> CHATHISTORY LATEST #nowhere * 10
        ada <- :salotto FAIL CHATHISTORY INVALID_TARGET LATEST #nowhere :*
        ada -> CHATHISTORY LATEST #hidden * 10
        ada <- :salotto FAIL CHATHISTORY INVALID_TARGET LATEST #hidden :*
        ada -> CHATHISTORY LATEST bob * 10
        ada <- :salotto BATCH +{batch} chathistory bob
        ada <- :salotto BATCH -{batch}
        ada -> CHATHISTORY
        ada <- :salotto FAIL CHATHISTORY NEED_MORE_PARAMS :*
        ada -> CHATHISTORY LATEST #lobby
        ada <- :salotto FAIL CHATHISTORY NEED_MORE_PARAMS LATEST :*
        ada -> CHATHISTORY SOON #lobby * 10
        ada <- :salotto FAIL CHATHISTORY INVALID_PARAMS SOON :*
        ada -> CHATHISTORY BEFORE #lobby msgid=nonsense 10
        ada <- :salotto FAIL CHATHISTORY INVALID_PARAMS BEFORE :*
        ",
    );
}

#[test]
fn what_else_happened_is_told_to_whoever_wants_events() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let server = keeping(&folder).open();
    Dialogue::with(&server).goes(
        "
        ada [message-tags echo-message batch draft/chathistory] -> JOIN #talk
        ada <- :ada!ada@salotto JOIN #talk
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada <- *NOTICE ada :what is said here is kept*
        ada -> PRIVMSG #talk :hello
        ada <- @*:ada!ada@salotto PRIVMSG #talk :hello
        ada -> CHATHISTORY LATEST #talk * 10
        ada <- :salotto BATCH +{b} chathistory #talk
        ada <- @batch={b};time=*;msgid=* :ada!ada@salotto PRIVMSG #talk :hello
        ada <- :salotto BATCH -{b}
        ada -> CAP REQ draft/event-playback
        ada <- :salotto CAP ada ACK :draft/event-playback
        ada -> CHATHISTORY LATEST #talk * 10
        ada <- :salotto BATCH +{c} chathistory #talk
        ada <- @batch={c};time=*;msgid=* :ada!ada@salotto JOIN #talk
        ada <- @batch={c};time=*;msgid=* :ada!ada@salotto PRIVMSG #talk :hello
        ada <- :salotto BATCH -{c}
        ada -> CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2999-01-01T00:00:00.000Z 10
        ada <- :salotto BATCH +{t} draft/chathistory-targets
        ada <- @batch={t} :salotto CHATHISTORY TARGETS #talk 2*Z
        ada <- :salotto BATCH -{t}
        ada -> SEARCH text=hello;in=#talk
        ada <- :salotto BATCH +{s} soju.im/search
        ada <- @batch={s};time=*;msgid=* :ada!ada@salotto PRIVMSG #talk :hello
        ada <- :salotto BATCH -{s}
        ada -> SEARCH in=#talk
        ada <- :salotto FAIL SEARCH INVALID_PARAMS :*
        ",
    );
}

#[test]
fn a_long_message_is_one_message_in_several_lines() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let server = keeping(&folder).open();
    let mut dialogue = Dialogue::with(&server);
    let long = "word ".repeat(100);
    dialogue.goes(&format!(
        "
        ada [message-tags echo-message batch labeled-response draft/chathistory] -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada <- *NOTICE ada :what is said here is kept*
        ada -> @label=l PRIVMSG #lobby :{long}
        ada <- @label=l :salotto BATCH +{{l}} labeled-response
        ada <- @batch={{l}};time=*;msgid=* :ada!ada@salotto PRIVMSG #lobby :word*
        ada <- @batch={{l}};time=*Z :ada!ada@salotto PRIVMSG #lobby :*word
        ada <- :salotto BATCH -{{l}}
        ada -> CHATHISTORY LATEST #lobby * 1
        ada <- :salotto BATCH +{{h}} chathistory #lobby
        ada <- @batch={{h}};time=*;msgid=* :ada!ada@salotto PRIVMSG #lobby :word*
        ada <- @batch={{h}};time=*Z :ada!ada@salotto PRIVMSG #lobby :*word
        ada <- :salotto BATCH -{{h}}
        "
    ));
}

#[test]
fn a_newcomer_that_does_not_ask_is_shown_what_was_said_as_what_it_is() {
    let server =
        server().enable("commands").settings(|settings| settings.rooms.history = 10).open();
    let mut carl = server.enters("carl");
    carl.says("before you came");
    carl.hears("carl: before you came");
    carl.says("!me waves");
    carl.hears("** carl waves");
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :carl!carl@salotto PRIVMSG #lobby :[*:*] before you came
        ada <- :carl!carl@salotto PRIVMSG #lobby :\u{1}ACTION [*:*] waves\u{1}
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob [server-time] -> JOIN #lobby
        bob <- :bob!bob@salotto JOIN #lobby
        bob <- @time=*Z :carl!carl@salotto PRIVMSG #lobby :before you came
        bob <- @time=*Z :carl!carl@salotto PRIVMSG #lobby :\u{1}ACTION waves\u{1}
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        eve [labeled-response batch server-time] -> @label=j JOIN #lobby
        eve <- @label=j :salotto BATCH +{b} labeled-response
        eve <- @batch={b} :eve!eve@salotto JOIN #lobby
        eve <- @batch={b};time=*Z :carl!carl@salotto PRIVMSG #lobby :before you came
        eve <- @batch={b};time=*Z :carl!carl@salotto PRIVMSG #lobby :\u{1}ACTION waves\u{1}
        eve <- @batch={b} :salotto 353 *
        eve <- @batch={b} :salotto 366 *
        eve <- :salotto BATCH -{b}
        ",
    );
}

#[test]
fn a_moderator_takes_back_what_was_said_and_nobody_else_does() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada [message-tags echo-message draft/message-redaction] -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob [message-tags] -> JOIN #lobby
        bob <- :bob!bob@salotto JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- :bob!bob@salotto JOIN #lobby
        ada -> PRIVMSG #lobby :oops
        ada <- @*;msgid={id} :ada!ada@salotto PRIVMSG #lobby :oops
        bob <- @*;msgid={id} :ada!ada@salotto PRIVMSG #lobby :oops
        bob -> REDACT #lobby {id}
        bob <- :salotto FAIL REDACT REDACT_FORBIDDEN #lobby {id} :*
        bob -> REDACT #lobby nonsense
        bob <- :salotto FAIL REDACT UNKNOWN_MSGID #lobby nonsense :*
        bob -> REDACT #nowhere {id}
        bob <- :salotto FAIL REDACT INVALID_TARGET #nowhere :*
        bob -> REDACT #lobby
        bob <- :salotto 461 bob REDACT :*
        ",
    );
    promotes(&server, "ada", Role::Moderator);
    dialogue.goes(
        "
        ada <- :salotto MODE #lobby +o ada
        bob <- :salotto MODE #lobby +o ada
        ada -> REDACT #lobby {id} :not for here
        ada <- :ada!ada@salotto REDACT #lobby {id} :not for here
        ada -> REDACT #lobby {id}
        ada <- :salotto FAIL REDACT UNKNOWN_MSGID #lobby {id} :*
        bob -> PING x
        bob <- :salotto PONG salotto :x
        ",
    );
}

#[test]
fn how_far_somebody_has_read_only_goes_forward_and_is_told_when_they_come_back() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [draft/read-marker] -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto MARKREAD #lobby *
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> MARKREAD #lobby timestamp=2019-06-01T12:00:00.000Z
        ada <- :salotto MARKREAD #lobby timestamp=2019-06-01T12:00:00.000Z
        ada -> MARKREAD #lobby timestamp=2019-01-01T00:00:00.000Z
        ada <- :salotto MARKREAD #lobby timestamp=2019-06-01T12:00:00.000Z
        ada -> MARKREAD #lobby *
        ada <- :salotto FAIL MARKREAD INVALID_PARAMS #lobby :*
        ada -> MARKREAD #lobby timestamp=today
        ada <- :salotto FAIL MARKREAD INVALID_PARAMS #lobby :*
        ada -> MARKREAD
        ada <- :salotto FAIL MARKREAD NEED_MORE_PARAMS :*
        ada -> MARKREAD bob
        ada <- :salotto MARKREAD bob *
        ada -> PART #lobby
        ada <- :ada!ada@salotto PART #lobby
        ada -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto MARKREAD #lobby timestamp=2019-06-01T12:00:00.000Z
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ",
    );
}
