//! Whatever a client writes, it is answered and lives on.

use salotto_tests::irc::IrcClient;
use tempfile::TempDir;

use super::keeping;

/// What belongs to IRCv3, whole and in pieces.
const COMMANDS: [&str; 12] = [
    "AUTHENTICATE",
    "CAP",
    "CHATHISTORY",
    "MARKREAD",
    "MONITOR",
    "REDACT",
    "REGISTER",
    "SEARCH",
    "SETNAME",
    "TAGMSG",
    "PRIVMSG",
    "NOTICE",
];

const PARAMETERS: [&str; 14] = [
    "",
    " ",
    " :",
    " *",
    " +",
    " #lobby",
    " #lobby ü%ff * 10",
    " LATEST #lobby * 99999999999999999999",
    " LATEST #lobby msgid=a-18446744073709551616-lobby 5",
    " AROUND #lobby timestamp=9999-12-31T23:59:59.999Z 100",
    " BETWEEN #lobby timestamp=0000-00-00T00:00:00Z timestamp=1970-01-01T00:00:00.000Z 1",
    " TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=9999-12-31T23:59:59.999Z 0",
    " a b c d e f g h i j k l m n :o",
    " #lobby timestamp=9999-12-31T23:59:59.999Z :\u{1}\u{2}\u{7f}",
];

const TAGS: [&str; 6] =
    ["", "@label=1 ", "@label= ", "@+a=b;label=\\ ", "@;;;=;+= ", "@label=\u{1f}@x\u{1f} "];

fn writes_all(client: &mut IrcClient) {
    for command in COMMANDS {
        for parameters in PARAMETERS {
            for tags in TAGS {
                client.sends(&format!("{tags}{command}{parameters}"));
            }
        }
        client.sends("AUTHENTICATE *");
        client.sends(&format!("PING {command}"));
        let lines = client.hears_until(&format!("*PONG salotto :{command}"));
        let longest = lines.iter().map(String::len).max().unwrap_or_default();
        assert!(longest <= 8191 + 512, "{command}: {longest}");
        // No line is answered with much more than it cost.
        let most = 12 * PARAMETERS.len() * TAGS.len();
        assert!(lines.len() <= most, "{command} was answered by {} lines", lines.len());
    }
}

#[test]
fn nonsense_is_answered_before_there_is_a_name_and_after() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let server =
        keeping(&folder).enable("roles").settings(|settings| settings.limits.rate = None).open();
    let mut ada = IrcClient::connects(&server);
    ada.sends("CAP LS 302");
    ada.sends("CAP REQ :labeled-response batch message-tags echo-message draft/chathistory sasl");
    writes_all(&mut ada);
    ada.sends("NICK ada");
    ada.sends("USER ada 0 * :Ada");
    ada.sends("CAP END");
    ada.hears_until("* 422 *");
    ada.sends("JOIN #lobby");
    ada.hears_until("* 366 *");
    writes_all(&mut ada);
    assert_eq!(server.status().plugins.iter().filter(|known| !known.state.is_working()).count(), 0);
}
