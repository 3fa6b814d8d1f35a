//! What is done in a server with people in it, as the audit file has it.

use salotto::{Action, PluginSetup, Role};
use salotto_tests::TestServer;
use salotto_tests::plugins::Ranks;

#[test]
fn every_action_is_a_line_and_nobody_who_chats_begins_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (audit, bans) = (folder.path().join("audit.jsonl"), folder.path().join("bans.ron"));
    let mut server = TestServer::builder()
        .server(|server| {
            server
                .enable(PluginSetup::new("audit").settings(format!("(path: {audit:?})")))
                .enable(PluginSetup::new("moderation").settings(format!("(bans: {bans:?})")))
        })
        .enable("commands")
        .plugin("ranks", Ranks)
        .open();
    let mut bob = server.enters("bob");
    let mut eve = server.enters_json("eve");
    let mut moderator = server.enters("mod1");
    let forged = r#"{"time":"2026-01-01T00:00:00.000Z","what":"role","by":"host","whom":"eve"}"#;
    bob.says(&format!("hello\u{2028}{forged}"));
    eve.says(&format!("hello\n{forged}"));
    moderator.says("!mute bob 10m loud");
    moderator.hears_about("is muted");
    moderator.says("!ban eve 2h \"quoted\\\" and more");
    moderator.hears_about("is banned");
    moderator.says(&format!("!kick bob bye\u{2028}{forged}"));
    moderator.hears_about("was kicked");
    moderator.says("!topic lobby calm");
    moderator.hears_about("calm");
    server.stops();
    let text = std::fs::read_to_string(&audit).expect("it was written");
    let mut actions: Vec<Action> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect();
    assert!(
        actions.iter().all(|action| action.whom.as_deref() != Some("eve") || action.by == "mod1")
    );
    let ban = actions.iter().find(|action| action.what == "ban").expect("there is a ban");
    assert_eq!(ban.until.map(|until| until.seconds_since(ban.time)), Some(2 * 60 * 60));
    actions.iter_mut().for_each(|action| action.until = None);
    let shown: Vec<String> = actions.iter().map(Action::to_string).collect();
    let kick = format!("mod1: kick bob (bye {forged})");
    assert_eq!(
        shown,
        [
            &format!("ranks: role mod1 ({})", Role::Moderator.word()),
            "mod1: mute bob (loud)",
            "mod1: ban eve (\"quoted\\\" and more)",
            "mod1: kick eve (banned for 2h: \"quoted\\\" and more)",
            &kick,
            "mod1: topic in lobby (calm)",
        ]
    );
}
