//! Who may be called what.

use std::time::Duration;

use salotto::protocol::ErrorCode;
use salotto::{LimitHit, Request};
use salotto_tests::json::hello;
use salotto_tests::{TestServer, soon};

#[test]
fn a_taken_name_is_refused_in_all_its_disguises() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut other = server.connects();
    for name in [
        "ada",
        "ADA",
        "Ada",
        "аda",    // Cyrillic а
        "ａｄａ", // full width
        "a\u{200b}da",
        " ada ",
    ] {
        other.says(name);
        let answer = other.hears_about("! ");
        assert!(answer.ends_with("is taken; choose another"), "{name:?}: {answer}");
        // Who would not know it from the looks is told whom the name resembles.
        assert_eq!(
            answer.contains("looks like `ada`"),
            ["аda", "ａｄａ"].contains(&name),
            "{answer}"
        );
    }
    other.says("eve");
    other.hears("* you are in lobby with ada, eve");
    ada.says("only one of me");
    other.hears("ada: only one of me");
    assert_eq!(server.hits(LimitHit::NameTaken), 7);
}

#[test]
fn nobody_passes_for_the_operator() {
    let server = TestServer::open();
    let mut eve = server.connects();
    for name in ["host", "HOST", "hоst", "ｈｏｓｔ", "h0st", "hosτ", "ʜᴏsᴛ", "🅷ost"] {
        eve.says(name);
        eve.hears_about("is taken; choose another");
    }
    eve.says("eve");
    eve.hears("* you are in lobby with eve");
    let mut bob = server.enters_json("bob");
    bob.asks(Request::Rename { name: "Host".into() });
    bob.hears_error(ErrorCode::NameTaken);
}

#[test]
fn a_name_that_is_none_is_answered_with_what_is_wrong() {
    let server = TestServer::open();
    let mut ada = server.connects();
    for (name, answer) in [
        ("ada lovelace", "! a name cannot contain spaces; try `ada_lovelace`; choose another name"),
        (
            "ada:",
            "! a name cannot contain `:`; letters, digits and _ - . ' are fine; choose another name",
        ),
        (
            "[ada]",
            "! a name cannot contain `[`; letters, digits and _ - . ' are fine; choose another name",
        ),
        ("...", "! a name needs at least one letter or digit; choose another name"),
        (
            "abcdefghijklmnopqrstuvwxy",
            "! the name has 25 characters; at most 24 are allowed; choose another name",
        ),
        (
            "äääääääääääääääääääääääääääääääää",
            "! the name has 66 bytes; at most 64 are allowed; choose another name",
        ),
    ] {
        ada.says(name);
        ada.hears_exactly(&[answer]);
    }
    ada.says("\u{1b}[1mada\u{7}");
    ada.hears_about("cannot contain `[`");
    ada.says("a\u{7}d\u{9b}a");
    ada.hears_exactly(&["* you are in lobby with ada"]);
}

#[test]
fn names_that_hide_pile_up_or_pose_are_refused_and_those_of_the_world_are_not() {
    let server =
        TestServer::builder().settings(|settings| settings.limits.name_lines = None).open();
    let mut eve = server.connects();
    for (name, answer) in [
        ("\u{301}ada", "! a name cannot begin with an accent or mark; put a letter before it"),
        ("\u{20dd}ada", "! a name cannot begin with an accent or mark"),
        (
            "a\u{301}\u{301}\u{301}\u{301}\u{301}",
            "! a letter of the name carries too many accents or marks",
        ),
        ("ada\u{e000}", "! a name cannot contain U+E000"),
        ("ada\u{378}", "! a name cannot contain U+0378"),
        ("∗bob", "! a name cannot contain `∗`"),
        ("✱bob", "! a name cannot contain `✱`"),
        ("ǃbob", "! a name cannot contain `ǃ`"),
    ] {
        eve.says(name);
        let heard = eve.hears_next();
        assert!(heard.starts_with(answer), "{name:?}: {heard}");
    }
    for name in ["Nguyễn", "श्रीमती", "שָׁלוֹם", "ที่รัก", "O’Brien", "🦊fox", "ジョン・スミス"]
    {
        server.enters(name);
    }
}

#[test]
fn a_reserved_name_is_for_nobody_and_another_setting_frees_it() {
    let server = TestServer::builder()
        .settings(|settings| settings.server.name = "Room 12".into())
        .plugin("ranks", salotto_tests::plugins::Ranks)
        .open();
    let mut eve = server.connects();
    for name in
        ["admin", "ADMIN", "аdmin", "System", "sуstem", "moderator", "Room_12", "room-12", "Room12"]
    {
        eve.says(name);
        let heard = eve.hears_next();
        assert_eq!(
            heard,
            format!("! the name `{name}` is reserved, or looks like one that is; choose another")
        );
    }
    // A reserved name is nobody's who could be spoken to.
    eve.says("eve");
    eve.hears("* you are in lobby with eve");
    let refused = soon("telling", server.handle().direct("admin", "are you there?"));
    assert!(refused.is_err());
    // Code of the program may be called so.
    drop(soon("joining", server.handle().join("system")).expect("a name for code"));
    let mut settings = soon("the settings", async { server.handle().settings().as_ref().clone() });
    settings.server.reserved_names = vec!["boss".into()];
    soon("a reload", server.handle().apply(settings, None)).expect("good settings");
    server.enters("admin");
    let mut mia = server.connects();
    mia.says("b0ss");
    mia.hears_about("is reserved");
}

#[test]
fn what_is_suggested_is_a_name() {
    let server = TestServer::open();
    let mut ada = server.connects();
    for (line, answer) in [
        ("/nick fred", "! a name cannot contain spaces; try `fred`; choose another name"),
        ("NICK fred", "! a name cannot contain spaces; try `fred`; choose another name"),
        ("ada: hello", "! a name cannot contain spaces; choose another name"),
        ("abcdefghijklm nopqrstuvwxyz", "! a name cannot contain spaces; choose another name"),
    ] {
        ada.says(line);
        ada.hears_exactly(&[answer]);
    }
}

#[test]
fn a_name_is_free_again_when_its_owner_has_left() {
    let server = TestServer::builder().enable("notices").open();
    let mut bob = server.enters("bob");
    server.enters("ada").dies();
    bob.hears("* ada left (connection lost)");
    server.enters("ADA");
    bob.hears("* ADA joined");
}

#[test]
fn sixteen_lines_without_a_name_are_enough() {
    let server = TestServer::open();
    let mut eve = server.connects();
    for _ in 0..16 {
        eve.says("not a name");
    }
    let heard = eve.hears_eof();
    assert_eq!(heard.len(), 17, "{heard:?}");
    assert_eq!(heard[16], "* goodbye (16 lines were tried and none was a name)");
    assert_eq!(server.hits(LimitHit::NameLines), 1);
}

#[test]
fn a_name_has_to_be_given_in_time() {
    let server = TestServer::builder()
        .settings(|settings| settings.limits.name_timeout = Some(Duration::from_secs(2)))
        .open();
    let mut silent = server.connects();
    let mut ada = server.enters("ada");
    assert_eq!(
        silent.hears_eof().last().map(String::as_str),
        Some("* goodbye (no name was given in time)")
    );
    assert_eq!(server.hits(LimitHit::NameTimeout), 1);
    // The one with a name may be silent for as long as she likes.
    ada.says("I am still here");
    ada.hears("ada: I am still here");
}

#[test]
fn another_name_is_announced_and_the_old_one_is_free() {
    let server = TestServer::builder().enable("notices").open();
    let mut bob = server.enters("bob");
    let mut ada = server.enters_json("ada");
    ada.asks(Request::Rename { name: "eve".into() });
    bob.hears("* ada is now eve");
    ada.says("it is me");
    bob.hears("eve: it is me");
    server.enters("ada");
    bob.hears("* ada joined");
    ada.asks(Request::Rename { name: "Bob".into() });
    ada.hears_error(ErrorCode::NameTaken);
    // Another way to write the own name is fine.
    ada.asks(Request::Rename { name: "EVE".into() });
    bob.hears("* eve is now EVE");
}

#[test]
fn a_second_hello_is_no_way_to_another_name() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    ada.asks(hello("eve", &[], None));
    ada.hears_error(ErrorCode::BadRequest);
    ada.says("hello");
    ada.hears_said("hello");
}

#[test]
fn two_who_want_the_same_name_at_once_do_not_both_get_it() {
    let server = TestServer::open();
    let answers: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = server.connects();
                    client.says("ada");
                    let answer = client.hears_next();
                    // Nobody leaves before everybody has asked.
                    (client, answer)
                })
            })
            .collect();
        let both: Vec<_> =
            threads.into_iter().map(|thread| thread.join().expect("each is answered")).collect();
        both.into_iter().map(|(_, answer)| answer).collect()
    });
    let refused = "! the name `ada` is taken; choose another";
    assert_eq!(answers.iter().filter(|answer| *answer == refused).count(), 7, "{answers:?}");
}
