//! What a person with a text client may type after a `!`, in a server with the plugins that come with it.

use salotto::{Context, MemberId, Plugin, Role};
use salotto_tests::TestServer;

/// A server with the plugins of a host who has chosen none.
fn server() -> TestServer {
    TestServer::builder().enable("notices").enable("quit").enable("commands").open()
}

#[test]
fn what_can_be_typed_is_listed_and_explained() {
    let server = server();
    let mut ada = server.enters("ada");
    ada.says("!help");
    for command in ["!help", "!join", "!leave", "!me", "!msg", "!nick", "!quit", "!rooms", "!who"] {
        ada.hears_about(command);
    }
    ada.says("!help msg");
    ada.hears_about("!msg NAME TEXT");
    ada.says("!msg");
    ada.hears_about("NAME is missing");
}

#[test]
fn people_move_between_rooms_and_see_who_is_there() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says("!join dev");
    ada.hears("* you are in dev with ada");
    ada.says("!rooms");
    ada.hears_about("dev");
    bob.says("!join #dev");
    ada.hears("[dev] * bob joined");
    bob.says("hello");
    ada.hears("[dev] bob: hello");
    bob.says("!who");
    let who = bob.hears_about("ada");
    assert!(who.contains("bob"), "{who}");
    bob.says("!leave");
    ada.hears("[dev] * bob left (left the room)");
    bob.hears("* you are out of dev (left the room)");
    bob.says("back in the lobby");
    ada.hears("bob: back in the lobby");
    bob.says("!leave dev");
    bob.hears_about("! ");
}

#[test]
fn people_whisper_act_and_take_other_names() {
    let server = server();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says("!msg bob psst");
    bob.hears("[ada to bob] psst");
    ada.hears("[ada to bob] psst");
    ada.says("!me waves");
    bob.hears("** ada waves");
    ada.says("!nick bob");
    ada.hears("! the name `bob` is taken; choose another");
    ada.says("!nick eve");
    ada.hears("* your name is eve");
    bob.hears("* ada is now eve");
    bob.says("!msg ada hello");
    bob.hears_about("! no user `ada`");
    bob.says("!msg host may I have a word?");
    bob.hears("[bob to host] may I have a word?");
}

#[test]
fn what_is_for_moderators_is_for_moderators() {
    /// Makes whoever is called ada a moderator.
    struct Trust;
    impl Plugin for Trust {
        fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
            if context.name(member).is_some_and(|name| *name == "ada") {
                context.set_role(member, Role::Moderator);
            }
        }
    }
    let server = TestServer::builder().plugin("trust", Trust).enable("notices").open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    let mut eve = server.enters("eve");
    bob.says("!kick eve");
    bob.hears_about("! there is no command `!kick`");
    for command in ["!status", "!plugins disable trust", "!limits", "!say lobby I am the operator"]
    {
        ada.says(command);
        ada.hears_about("! there is no command");
    }
    ada.says("!kick eve no flooding, please");
    bob.hears("* eve left (kicked by ada: no flooding, please)");
    eve.hears("* goodbye (kicked by ada: no flooding, please)");
    eve.hears_eof();
    ada.says("!topic lobby tea");
    bob.hears("* ada set the topic: tea");
}
