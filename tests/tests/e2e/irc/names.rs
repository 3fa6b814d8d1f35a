//! Every name that people may have here is a nick that IRC can write: nothing is to be translated.

use salotto::RoomName;
use salotto_tests::irc::{Dialogue, IrcClient, matches};

use super::{folder, moderated};

/// As people are called, some with what no client of IRC would think of.
const NAMES: &[&str] = &[
    "Nguyễn",
    "ọ̀nà",
    "И́горь",
    "محمّد",
    "שָׁלוֹם",
    "צה״ל",
    "O’Brien",
    "col·lega",
    "ジョン・スミス",
    "ক্ষুদ্র",
    "རྫོགས",
    "🦊fox",
    "ada★",
    "👩🏽x",
    "x²",
    "_ada_",
    "m-1.2'",
    "2fast",
    "-dash",
    "'quoted'",
    ".net",
];

#[test]
fn several_channels_may_be_asked_for_in_one_line() {
    let folder = folder();
    let server = moderated(&folder);
    let mut ada = IrcClient::enters(&server, "ada");
    ada.sends("JOIN #one,#two");
    ada.hears_until(":salotto 366 ada #two :*");
    ada.sends("NAMES #one,#two,#nowhere");
    for line in [
        ":salotto 353 ada = #one :@ada",
        ":salotto 353 ada = #two :@ada",
        ":salotto 366 ada #one,#two,#nowhere :*",
    ] {
        let heard = ada.hears();
        assert!(matches(line, &heard), "{heard}");
    }
}

#[test]
fn whoever_has_whatever_name_is_written_to_asked_about_and_kicked() {
    let folder = folder();
    let server = moderated(&folder);
    let mut moderator = IrcClient::enters(&server, "mod1");
    moderator.sends("JOIN #lobby");
    moderator.hears_until(":salotto 366 *");
    for name in NAMES {
        let mut person = server.enters(name);
        let joined = moderator.hears_until("*JOIN #lobby").pop().unwrap_or_default();
        let source =
            joined.trim_start_matches(':').split('!').next().unwrap_or_default().to_owned();
        moderator.sends(&format!("PRIVMSG {source} :hello"));
        person.hears(&format!("[mod1 to {source}] hello"));
        moderator.sends(&format!("WHOIS {source}"));
        moderator
            .hears_until(&format!(":salotto 311 mod1 {source} {source} salotto \u{2a} :{source}"));
        moderator.hears_until(&format!(":salotto 318 mod1 {source} :*"));
        moderator.sends(&format!("KICK #lobby {source} :bye"));
        moderator.hears_until(&format!(":mod1!mod1@salotto KICK #lobby {source} :bye"));
    }
}

#[test]
fn a_nick_that_is_no_name_here_is_refused_by_number() {
    let folder = folder();
    let server = moderated(&folder);
    let mut ada = IrcClient::enters(&server, "ada");
    for nick in ["*", "a[b]", "a|b", "x{}", "a\\b", "#a", "a!b", "a@b", "a,b", "`x`", "a\u{ff0c}b"]
    {
        ada.sends(&format!("NICK {nick}"));
        let line = ada.hears();
        assert!(line.starts_with(&format!(":salotto 432 ada {nick} :")), "{line}");
    }
    ada.sends("NICK :a b");
    assert!(ada.hears().starts_with(":salotto 432 ada a_b :"));
    ada.sends("NICK");
    assert!(ada.hears().starts_with(":salotto 431 ada :"));
}

#[test]
fn rooms_with_signs_in_their_names_are_channels() {
    assert!("a b".parse::<RoomName>().is_err());
    let folder = folder();
    let server = moderated(&folder);
    Dialogue::with(&server).goes(
        "
        ada -> JOIN #gärten,#m-1.2',#ジョン・スミス
        ada <- :ada!ada@salotto JOIN #gärten
        ada <- :salotto 353 ada = #gärten :@ada
        ada <- :salotto 366 ada #gärten :*
        ada <- :ada!ada@salotto JOIN #m-1.2'
        ada <- :salotto 353 ada = #m-1.2' :@ada
        ada <- :salotto 366 *
        ada <- :ada!ada@salotto JOIN #ジョン・スミス
        ada <- :salotto 353 ada = #ジョン・スミス :@ada
        ada <- :salotto 366 *
        ada -> JOIN #a!b,nothing,#
        ada <- :salotto 403 ada #a!b :*
        ada <- :salotto 403 ada nothing :*
        ada <- :salotto 403 ada # :*
        ",
    );
}
