//! What a client chooses to be told, and what it is told then.

use salotto::PluginSetup;
use salotto_tests::irc::{Dialogue, IrcClient};
use tempfile::TempDir;

use super::{keeping, server};

#[test]
fn what_is_asked_for_is_listed_with_values_and_taken_whole_or_not_at_all() {
    let server = server().open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada (raw) -> CAP LIST
        ada <- :salotto CAP * LIST :
        ada -> CAP LS
        ada <- :salotto CAP * LS :*message-tags*
        ada -> CAP REQ :foo multi-prefix bar
        ada <- :salotto CAP * NAK :foo multi-prefix bar
        ada -> CAP REQ :multi-prefix
        ada <- :salotto CAP * ACK :multi-prefix
        ada -> CAP LS 302
        ada <- :salotto CAP * LS * :account-notify *
        ada <- :salotto CAP * LS :*
        ada -> CAP SING
        ada <- :salotto 410 * SING :*
        ada -> NICK ada
        ada -> USER ada 0 * :Ada
        ada -> PING x
        ada <- :salotto PONG salotto :x
        ada -> CAP END
        ada <- :salotto 001 ada :*
        ",
    );
    dialogue.client("ada").hears_until(":salotto 422 *");
    dialogue.goes(
        "
        ada -> CAP LIST
        ada <- :salotto CAP ada LIST :cap-notify multi-prefix
        ada -> CAP REQ :-multi-prefix server-time
        ada <- :salotto CAP ada ACK :-multi-prefix server-time
        ada -> CAP LIST
        ada <- :salotto CAP ada LIST :cap-notify server-time
        ",
    );
}

#[test]
fn clients_are_told_of_each_other_what_they_have_chosen() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [extended-join setname] -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby * :ada
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bob -> JOIN #lobby
        bob <- :bob!bob@salotto JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- :bob!bob@salotto JOIN #lobby * :bob
        carl [draft/no-implicit-names] -> JOIN #lobby
        carl <- :carl!carl@salotto JOIN #lobby
        carl -> NAMES #lobby
        carl <- :salotto 353 carl = #lobby :ada bob carl
        carl <- :salotto 366 *
        ada <- :carl!carl@salotto JOIN #lobby * :carl
        bob <- :carl!carl@salotto JOIN #lobby
        bob -> SETNAME :Roberta Tables
        ada <- :bob!bob@salotto SETNAME :Roberta Tables
        ada -> SETNAME :
        ada <- :salotto FAIL SETNAME INVALID_REALNAME :*
        carl -> PING x
        carl <- :salotto PONG salotto :x
        ",
    );
}

#[test]
fn tags_that_clients_write_for_each_other_reach_those_who_asked_for_tags() {
    let server = server().open();
    let mut json = server.connects_json().enters("json");
    Dialogue::with(&server).goes(
        "
        ada [message-tags echo-message] -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        bare -> JOIN #lobby
        bare <- :bare!bare@salotto JOIN #lobby
        bare <- :salotto 353 *
        bare <- :salotto 366 *
        timed [server-time] -> JOIN #lobby
        timed <- :timed!timed@salotto JOIN #lobby
        timed <- :salotto 353 *
        timed <- :salotto 366 *
        bare <- :timed!timed@salotto JOIN #lobby
        ada <- :bare!bare@salotto JOIN #lobby
        ada <- :timed!timed@salotto JOIN #lobby
        ada -> @+baz=b\\sat;fizz=buzz PRIVMSG #lobby hi
        ada <- @time=*;msgid={id};+baz=b\\sat :ada!ada@salotto PRIVMSG #lobby :hi
        bare <- :ada!ada@salotto PRIVMSG #lobby :hi
        timed <- @time=*Z :ada!ada@salotto PRIVMSG #lobby :hi
        ada -> @+typing=active TAGMSG #lobby
        ada <- @time=*;msgid=*;+typing=active :ada!ada@salotto TAGMSG #lobby
        ada -> @+reply={id} PRIVMSG bare psst
        ada <- @time=*;msgid=*;+reply={id} :ada!ada@salotto PRIVMSG bare :psst
        bare <- :ada!ada@salotto PRIVMSG bare :psst
        timed -> PING x
        timed <- :salotto PONG salotto :x
        ",
    );
    json.hears_said("hi");
    let longest = format!("@foo=bar;+baz={} TAGMSG #lobby", "a".repeat(4081));
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(&format!(
        "
        eve [message-tags echo-message] -> JOIN #lobby
        eve <- :eve!eve@salotto JOIN #lobby
        eve <- :salotto 353 *
        eve <- :salotto 366 *
        eve -> {longest}
        eve <- @time=*;msgid=*;+baz={} :eve!eve@salotto TAGMSG #lobby
        eve -> {}
        eve <- :salotto 417 * :*
        ",
        "a".repeat(4081),
        longest.replace("baz=", "baz=a"),
    ));
}

#[test]
fn whoever_may_not_speak_gives_no_sign_either() {
    let server = server().enable("moderation").open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada [message-tags] -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        eve [message-tags labeled-response] -> JOIN #lobby
        eve <- :eve!eve@salotto JOIN #lobby
        eve <- :salotto 353 *
        eve <- :salotto 366 *
        ada <- :eve!eve@salotto JOIN #lobby
        ",
    );
    server.types("mute eve 1h");
    dialogue.client("eve").hears_until("*muted*");
    dialogue.goes(
        "
        eve -> @+typing=active;label=1 TAGMSG #lobby
        eve <- @label=1 :salotto 404 eve #lobby :you are muted*
        eve -> TAGMSG #elsewhere
        eve -> @+typing=active;label=2 TAGMSG #elsewhere
        eve <- @label=2 :salotto 403 eve #elsewhere :*
        eve -> PART #lobby
        eve <- :eve!eve@salotto PART #lobby
        ada <- :eve!eve@salotto PART #lobby
        ",
    );
}

#[test]
fn every_answer_to_a_labelled_line_has_its_label() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [labeled-response batch echo-message] -> @label=1 PING x
        ada <- @label=1 :salotto PONG salotto :x
        ada -> @label=2 PONG x
        ada <- @label=2 :salotto ACK
        ada -> @label=3 JOIN #lobby
        ada <- @label=3 :salotto BATCH +{batch} labeled-response
        ada <- @batch={batch} :ada!ada@salotto JOIN #lobby
        ada <- @batch={batch} :salotto 353 *
        ada <- @batch={batch} :salotto 366 *
        ada <- :salotto BATCH -{batch}
        bob [labeled-response batch echo-message] -> JOIN #lobby
        bob <- :bob!bob@salotto JOIN #lobby
        bob <- :salotto 353 *
        bob <- :salotto 366 *
        ada <- :bob!bob@salotto JOIN #lobby
        ada -> @label=4 PRIVMSG #lobby :hello
        ada <- @label=4 :ada!ada@salotto PRIVMSG #lobby :hello
        bob <- :ada!ada@salotto PRIVMSG #lobby :hello
        ada -> PRIVMSG #lobby :again
        ada <- :ada!ada@salotto PRIVMSG #lobby :again
        bob <- :ada!ada@salotto PRIVMSG #lobby :again
        ada -> @label=5 PRIVMSG bob :psst
        ada <- @label=5 :ada!ada@salotto PRIVMSG bob :psst
        bob <- :ada!ada@salotto PRIVMSG bob :psst
        ada -> @label=6 PRIVMSG nobody :psst
        ada <- @label=6 :salotto 401 ada nobody :*
        ada -> @label=7 NICK ida
        ada <- @label=7 :ada!ada@salotto NICK ida
        bob <- :ada!ada@salotto NICK ida
        ada -> @label=8 DANCE
        ada <- @label=8 :salotto 421 ida DANCE :*
        ada -> @label=9 PRIVMSG ida :note
        ada <- :ida!ida@salotto PRIVMSG ida :note
        ada <- @label=9 :ida!ida@salotto PRIVMSG ida :note
        ada -> @label=x PRIVMSG bob,#lobby :both
        ada <- @label=x :salotto BATCH +{two} labeled-response
        ada <- @batch={two} :ida!ida@salotto PRIVMSG bob :both
        ada <- @batch={two} :ida!ida@salotto PRIVMSG #lobby :both
        ada <- :salotto BATCH -{two}
        bob <- :ida!ida@salotto PRIVMSG bob :both
        bob <- :ida!ida@salotto PRIVMSG #lobby :both
        bob -> @label=10 QUIT
        bob <- ERROR :*
        ",
    );
}

#[test]
fn a_line_that_is_no_text_is_refused_with_its_label() {
    let server = server().open();
    let mut ada = IrcClient::enters_with(&server, "ada", "labeled-response batch");
    ada.sends_bytes(b"@label=xyz PRIVMSG #lobby hi\xaa\r\n");
    let line = ada.hears();
    assert!(line.starts_with("@label=xyz :salotto FAIL PRIVMSG INVALID_UTF8 :"), "{line}");
}

#[test]
fn without_an_echo_a_labelled_message_is_acknowledged() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [labeled-response batch] -> JOIN #lobby
        ada <- :ada!ada@salotto JOIN #lobby
        ada <- :salotto 353 *
        ada <- :salotto 366 *
        ada -> @label=1 PRIVMSG #lobby :hello
        ada <- @label=1 :salotto ACK
        ada -> @label=2 PRIVMSG ada :hello
        ada <- :ada!ada@salotto PRIVMSG ada :hello
        ada <- @label=2 :salotto ACK
        ada -> PING x
        ada <- :salotto PONG salotto :x
        ",
    );
}

#[test]
fn whoever_is_watched_is_told_of_when_they_come_and_go() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [setname extended-monitor] -> MONITOR + bob,carl,*!x@y
        ada <- :salotto 731 ada :*!x@y
        ada <- :salotto 731 ada :bob,carl
        bob -> PING x
        ada <- :salotto 730 ada :bob!bob@salotto
        ada -> MONITOR S
        ada <- :salotto 730 ada :bob!bob@salotto
        ada <- :salotto 731 ada :carl
        ada -> MONITOR L
        ada <- :salotto 732 ada :bob,carl
        ada <- :salotto 733 ada :*
        bob -> SETNAME :Robert
        ada <- :bob!bob@salotto SETNAME :Robert
        bob -> NICK Bob
        bob -> NICK carl
        ada <- :salotto 731 ada :Bob
        ada <- :salotto 730 ada :carl!carl@salotto
        ada -> MONITOR - carl
        bob -> NICK bob
        ada <- :salotto 730 ada :bob!bob@salotto
        ada -> MONITOR C
        ada -> MONITOR L
        ada <- :salotto 733 ada :*
        ",
    );
}

#[test]
fn a_program_says_that_it_is_one() {
    let server = server().open();
    Dialogue::with(&server).goes(
        "
        ada [message-tags] -> PING x
        ada <- :salotto PONG salotto :x
        bot -> MODE bot +B
        bot <- :bot!bot@salotto MODE bot :+B
        bot -> PRIVMSG ada :beep
        ada <- @time=*;msgid=*;bot;draft/bot :bot!bot@salotto PRIVMSG ada :beep
        ",
    );
}

#[test]
fn a_client_is_told_when_there_is_more_to_choose_or_less() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let server = keeping(&folder).open();
    let mut dialogue = Dialogue::with(&server);
    dialogue.goes(
        "
        ada [cap-notify draft/chathistory batch] -> CAP LIST
        ada <- :salotto CAP ada LIST :batch cap-notify draft/chathistory
        ",
    );
    assert!(server.disables("history"));
    dialogue.goes(
        "
        ada <- :salotto CAP ada DEL :draft/chathistory draft/event-playback soju.im/search
        ada -> CAP LIST
        ada <- :salotto CAP ada LIST :batch cap-notify
        ",
    );
    server.enables(PluginSetup::new("history")).expect("it is known");
    dialogue.goes(
        "
        ada <- :salotto CAP ada NEW :draft/chathistory draft/event-playback soju.im/search
        ",
    );
}
