//! Whom somebody ignores they do not read, in rooms and in private, whatever that one is called; everybody else does.

use salotto::{EntryKind, Event};
use salotto_tests::TestServer;
use salotto_tests::plugins::Ranks;

fn server() -> TestServer {
    TestServer::builder().enable("commands").enable("notices").plugin("ranks", Ranks).open()
}

#[test]
fn the_messages_of_who_is_ignored_are_skipped_for_one_alone() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    let mut eve = server.enters("eve");
    eve.hears("* eve joined");
    ada.says("!ignore");
    ada.hears("* you ignore nobody");
    ada.says("!ignore EVE");
    ada.hears("* you ignore eve until you leave the server; `!unignore eve` takes it back");
    for number in 0..300 {
        eve.says(&format!("buy {number}"));
    }
    eve.says("!msg ada psst");
    eve.hears("[eve to ada] psst");
    eve.says("!nick mallory");
    bob.hears("* eve is now mallory");
    eve.says("buy again");
    bob.hears("mallory: buy again");
    bob.says("marker");
    // What is no message is heard all the same.
    ada.hears_exactly(&["* eve is now mallory", "bob: marker"]);
    ada.says("!ignore");
    ada.hears("* you ignore eve");
    ada.says("!unignore mallory");
    ada.hears("* you read mallory again");
    eve.says("hello");
    ada.hears("mallory: hello");
    eve.says("!msg ada sorry");
    ada.hears("[mallory to ada] sorry");
}

#[test]
fn who_comes_back_under_the_name_is_ignored_still_and_moderators_never_are() {
    let server = server();
    let mut ada = server.enters("ada");
    let eve = server.enters("eve");
    let _moderator = server.enters("mod1");
    ada.says("!ignore mod1");
    ada.hears("! mod1 is a moderator, whom everybody reads");
    ada.says("!ignore ada");
    ada.hears("! that would be yourself");
    ada.says("!ignore nobody");
    ada.hears("! no user `nobody`; `!who` lists users");
    ada.says("!ignore eve");
    ada.hears_about("* you ignore eve");
    drop(eve);
    ada.hears_about("* eve left");
    let mut eve = server.enters("eve");
    ada.hears("* eve joined");
    eve.says("me again");
    eve.hears("eve: me again");
    ada.says("marker");
    ada.hears_exactly(&["ada: marker"]);
}

#[test]
fn whoever_comes_back_under_a_name_that_passes_for_an_ignored_one_is_ignored() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut eve = server.enters("eve");
    ada.says("!ignore eve");
    ada.hears_about("* you ignore eve");
    ada.says("!unignore bob");
    ada.hears("! you do not ignore `bob`");
    // As long as she is here under another name, whoever takes hers is somebody else.
    eve.says("!nick mallory");
    eve.hears("* your name is mallory");
    let mut other = server.enters("Eve");
    other.says("I am not her");
    ada.hears("Eve: I am not her");
    drop(other);
    ada.hears_about("* Eve left");
    drop(eve);
    ada.hears_about("* mallory left");
    for name in ["EVE", "еve"] {
        let mut back = server.enters(name);
        ada.hears(&format!("* {name} joined"));
        back.says("me again");
        back.hears(&format!("{name}: me again"));
        ada.says("marker");
        ada.hears_exactly(&["ada: marker"]);
        drop(back);
        ada.hears_about("left");
    }
    let mut back = server.enters("carl");
    ada.hears("* carl joined");
    back.says("!nick eVe");
    ada.hears("* carl is now eVe");
    back.says("me again");
    back.hears("eVe: me again");
    ada.says("!unignore EVE");
    ada.hears_exactly(&["* you read EVE again"]);
    back.says("at last");
    ada.hears("eVe: at last");
    ada.says("!unignore eve");
    ada.hears("! you do not ignore `eve`");
}

#[test]
fn in_json_and_in_several_rooms_what_is_skipped_leaves_its_ids_out() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut json = server.enters_json("json");
    let mut eve = server.enters("eve");
    json.asks(salotto::Request::Join { room: "dev".into(), key: None });
    json.asks(salotto::Request::Command { line: "ignore eve".into(), room: None });
    json.hears_where("the answer", |event| match event {
        Event::Reply { .. } => Some(()),
        _ => None,
    });
    for number in 0..200 {
        eve.says(&format!("buy {number}"));
        eve.hears(&format!("eve: buy {number}"));
    }
    ada.says("marker");
    let deadline = std::time::Instant::now() + salotto_tests::PATIENCE;
    loop {
        let salotto_tests::client::Heard::Line(line) = json.raw.read_line(deadline) else {
            panic!("nothing came");
        };
        assert!(!line.contains("buy"), "{line}");
        let event: Event = serde_json::from_str(&line).expect("an event");
        if let Event::Entry(entry) = event
            && matches!(&entry.what, EntryKind::Message { text, .. } if text == "marker")
        {
            assert!(entry.id > 200, "{}", entry.id);
            break;
        }
    }
}
