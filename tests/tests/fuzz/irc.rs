//! Lines of IRC, before and after there is a name.

use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_tests::TestServer;

use crate::fuzzer::Fuzzer;
use crate::target::Target;

/// What clients can say, and some of what they cannot.
const COMMANDS: &[&str] = &[
    "ADMIN",
    "AUTHENTICATE",
    "AWAY",
    "BATCH",
    "CAP",
    "CHATHISTORY",
    "HELP",
    "INFO",
    "INVITE",
    "ISON",
    "JOIN",
    "KICK",
    "KILL",
    "LINKS",
    "LIST",
    "LUSERS",
    "MARKREAD",
    "MODE",
    "MONITOR",
    "MOTD",
    "NAMES",
    "NICK",
    "NOTICE",
    "OPER",
    "PART",
    "PASS",
    "PING",
    "PONG",
    "PRIVMSG",
    "REDACT",
    "REGISTER",
    "SETNAME",
    "STATS",
    "TAGMSG",
    "TIME",
    "TOPIC",
    "USER",
    "USERHOST",
    "USERS",
    "VERSION",
    "WEBIRC",
    "WHO",
    "WHOIS",
    "WHOWAS",
    "000",
    "X",
];

/// What comes of each command without a parameter and with as many as a line can have, from somebody without a name or with one.
fn every_command(begin: &str, parameter: &str) -> Vec<u8> {
    let mut lines = begin.to_owned();
    for command in COMMANDS {
        let parameters = format!(" {parameter}").repeat(15);
        lines.push_str(&format!("{command}\r\n{command}{parameters}\r\n{command} :\r\n"));
    }
    lines.into_bytes()
}

#[test]
fn whatever_a_client_of_irc_says_the_server_goes_on() {
    let named = "NICK eve\r\nUSER eve 0 * :Eve\r\nJOIN #lobby\r\n";
    let seeds = [
        "CAP LS 302\r\nNICK eve\r\nUSER eve 0 * :Eve\r\nCAP REQ :server-time message-tags echo-message\r\nCAP END\r\nJOIN #lobby,#dev\r\nPRIVMSG #lobby,witness :hello\r\nNOTICE witness :psst\r\nQUIT :bye\r\n",
        "NICK eve\r\nUSER eve 0 * :Eve\r\nJOIN #lobby\r\nMODE #lobby\r\nMODE #lobby +b-q+ikl eve!*@* *!*@10.0.0.0/8 secret 5\r\nMODE #lobby b\r\nMODE eve +io-x\r\nWHO #lobby %tcuihsnfdlaor,123\r\nWHO * o\r\nWHOIS witness\r\nWHOWAS *\r\n",
        "NICK eve\r\nUSER eve 0 * :Eve\r\nJOIN #dev\r\nTOPIC #dev :what\r\nTOPIC #dev\r\nKICK #dev,#dev eve,witness :no\r\nINVITE witness #dev\r\nAWAY :tea\r\nUSERHOST eve witness\r\nISON :eve witness\r\nLIST >0,<9,!*x*,#d*\r\nNAMES\r\nLUSERS\r\nHELP who\r\nOPER a \"b\"\r\nKILL witness\r\n",
        "NICK eve\r\nUSER eve 0 * :Eve\r\nPRIVMSG witness :\u{1}VERSION\u{1}\r\nPRIVMSG #lobby :!help\r\n@+typing=active;label=1 PRIVMSG #lobby :x\r\n:eve!eve@salotto NICK mallory\r\nNICK ваня\r\n",
    ];
    let mut seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    for parameter in [
        "#lobby",
        "eve",
        "witness",
        "*",
        "+bbbbbbbbiiimmmqo",
        "%",
        "-1",
        "\u{1}",
        ":",
        "a,b,c",
        "#,#,#,#,#,#",
    ] {
        seeds.push(every_command("NICK eve\r\n", parameter));
        seeds.push(every_command(named, parameter));
    }
    // Lists in one line, as long as a line may be.
    for command in [
        "JOIN",
        "PART",
        "PRIVMSG",
        "NOTICE",
        "WHOWAS",
        "KICK #lobby",
        "LIST",
        "NAMES",
        "WHOIS",
        "ISON",
        "MODE",
    ] {
        let line = format!("{named}{command} {}#,x :x\r\n", "#,x,*,".repeat(1300));
        seeds.push(line.into_bytes());
    }
    const WORDS: &[&[u8]] = &[
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" :",
        b"@",
        b"@a=\\:b ",
        b"#",
        b",",
        b"*",
        b"?",
        b"!",
        b"%",
        b"\x01",
        b"\x01ACTION ",
        b"NICK ",
        b"USER a b c :d\r\n",
        b"CAP END\r\n",
        b"CAP REQ :",
        b"PASS x\r\n",
        b"JOIN 0\r\n",
        b"JOIN #",
        b"MODE #lobby ",
        b"PRIVMSG ",
        b"WHO ",
        b"WHOIS ",
        b"KICK #lobby ",
        b"\xff\xfe",
        "\u{202e}".as_bytes(),
        "ä".as_bytes(),
    ];
    let server = TestServer::builder()
        .plugin("irc", Irc::new(IrcSettings::default()).expect("good settings"))
        .enable("notices")
        .enable("commands")
        .enable("roles")
        .enable("rooms")
        .enable("moderation");
    Fuzzer { name: "irc", seeds, words: WORDS }
        .run(|| Target::open(server), |target, bytes| target.takes(bytes));
}
