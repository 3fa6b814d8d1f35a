//! Whatever somebody does to others or to the server is recorded: for whoever watches, and for plugins.

use salotto::command::Call;
use salotto::{
    Action, Arg, Command, CommandError, Context, Invocation, MemberId, Plugin, PluginSetup, Reply,
    Report, Role, RoomName, Watch,
};
use salotto_tests::plugins::Notebook;
use salotto_tests::{TestServer, soon};

/// The next action that is reported, as a line.
fn next(reports: &mut Watch) -> String {
    next_action(reports).to_string()
}

fn next_action(reports: &mut Watch) -> Action {
    soon("an action", async {
        loop {
            if let Report::Action(action) = reports.next().await.expect("the server is running") {
                return action;
            }
        }
    })
}

#[test]
fn what_the_operator_does_is_recorded() {
    let server = TestServer::builder().enable("commands").open();
    let mut reports = server.handle().watch();
    let _bob = server.enters("bob");
    for (line, recorded) in [
        ("topic lobby game night", "host: topic in lobby (game night)"),
        ("topic lobby", "host: topic in lobby"),
        ("open dev what we build", "host: open in dev (what we build)"),
        ("close dev", "host: close in dev"),
        ("plugins enable notices", "host: enable notices"),
        ("plugins enable notices (joined: None)", "host: replace notices"),
        ("plugins disable notices", "host: disable notices"),
        ("kick bob no flooding", "host: kick bob (no flooding)"),
    ] {
        server.types(line);
        assert_eq!(next(&mut reports), recorded, "{line}");
    }
}

#[test]
fn what_code_does_through_a_handle_is_recorded() {
    let server = TestServer::open();
    let mut reports = server.handle().watch();
    let _bob = server.enters("bob");
    server.enables(PluginSetup::new("quit")).expect("it is known");
    assert_eq!(next(&mut reports), "host: enable quit");
    assert!(server.disables("quit"));
    assert_eq!(next(&mut reports), "host: disable quit");
    let handle = server.handle();
    soon("all of it", async {
        handle.open_room("#dev", "what we build").await.expect("it is not open");
        handle.set_topic("Dev", "what we broke").await.expect("it is open");
        handle.close_room("dev").await.expect("it is open");
        handle.set_role("Bob", Role::Moderator).await.expect("he is there");
        handle.kick("bob", "").await.expect("he is there");
    });
    for recorded in [
        "host: open in dev (what we build)",
        "host: topic in dev (what we broke)",
        "host: close in dev",
        "host: role bob (moderator)",
        "host: kick bob",
    ] {
        assert_eq!(next(&mut reports), recorded);
    }
}

#[test]
fn what_was_refused_is_not_recorded() {
    let server = TestServer::open();
    let mut reports = server.handle().watch();
    for line in ["kick nobody", "close lobby", "plugins enable quit (word: 1)", "topic nowhere x"] {
        soon(line, server.handle().execute(line)).expect_err(line);
    }
    server.types("topic lobby marker");
    assert_eq!(next(&mut reports), "host: topic in lobby (marker)");
}

/// Does something of each kind when it is told `!do`, and writes down what it hears of actions.
struct Deputy(Notebook);

impl Plugin for Deputy {
    fn commands(&self) -> Vec<Command> {
        vec![Command::new("do", "Does it").arg(Arg::word("what"))]
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let me = invocation.caller.member;
        let lobby = context.rooms().into_iter().next().map(|room| room.room);
        let (Some(me), Some(lobby)) = (me, lobby) else { return Ok(Reply::Done) };
        let dev = RoomName::new("dev", context.settings().limits.room_name_bounds())
            .expect("a good name");
        match invocation.text("what") {
            "kick" => context.kick(me, None, "as you wish"),
            "topic" => context.set_topic(&lobby, "a plugin was here", None),
            "open" => context.open_room(&dev, "for us"),
            "close" => context.close_room(&dev),
            "role" => context.set_role(me, Role::Moderator),
            "run" => {
                context
                    .call(Call::new("topic").with("room", "lobby").with("text", "run by a plugin"));
            }
            "wrong" => context.call(Call::new("kick").with("name", "nobody")),
            "log in" => context.log_in(me, "the_boss", Role::Operator),
            "log out" => context.log_out(me),
            other => {
                let until = context.now();
                let ban =
                    Action::new(context.now(), other, "eve").whom("10.0.0.0/8\r\n").until(until);
                context.record(ban.why("so\nhost: nothing"));
            }
        }
        Ok(Reply::Done)
    }

    fn after_action(&mut self, _: &mut Context<'_>, action: &Action) {
        self.0.write(action.to_string());
    }
}

#[test]
fn what_a_plugin_does_is_recorded_under_the_name_of_the_plugin() {
    let notes = Notebook::default();
    let server = TestServer::builder().plugin("deputy", Deputy(notes.clone())).open();
    let mut reports = server.handle().watch();
    let mut bob = server.enters("bob");
    let mut lines = Vec::new();
    for (what, recorded) in [
        ("topic", "deputy: topic in lobby (a plugin was here)"),
        ("open", "deputy: open in dev (for us)"),
        ("close", "deputy: close in dev"),
        ("role", "deputy: role bob (moderator)"),
        ("run", "deputy: topic in lobby (run by a plugin)"),
        ("kick", "deputy: kick bob (as you wish)"),
    ] {
        bob.says(&format!("!do {what}"));
        assert_eq!(next(&mut reports), recorded, "{what}");
        lines.push(recorded);
    }
    assert_eq!(bob.hears_about("goodbye"), "* goodbye (kicked: as you wish)");
    assert_eq!(notes.take(), lines);
}

#[test]
fn what_a_plugin_records_cannot_forge_a_line() {
    let server = TestServer::builder().plugin("deputy", Deputy(Notebook::default())).open();
    let mut reports = server.handle().watch();
    let mut bob = server.enters("bob");
    bob.says("!do ban");
    let action = next_action(&mut reports);
    assert_eq!(action.whom.as_deref(), Some("10.0.0.0/8"));
    assert_eq!(action.why, "so host: nothing");
    assert_eq!(action.until, Some(action.time));
}

#[test]
fn a_command_that_a_plugin_runs_in_vain_is_reported_under_its_name() {
    let server = TestServer::builder().plugin("deputy", Deputy(Notebook::default())).open();
    let mut reports = server.handle().watch();
    let mut bob = server.enters("bob");
    bob.says("!do wrong");
    let (plugin, text) = soon("the report", async {
        loop {
            if let Report::Plugin { plugin, text, .. } = reports.next().await.expect("it is open") {
                return (plugin, text);
            }
        }
    });
    assert_eq!(plugin, "deputy");
    assert_eq!(text, "`kick name=nobody` was not done: no user `nobody`; `users` lists users");
}

#[test]
fn who_is_logged_in_has_the_role_and_the_commands_that_come_with_it() {
    let server = TestServer::builder().plugin("deputy", Deputy(Notebook::default())).open();
    let mut reports = server.handle().watch();
    let mut eve = server.enters_json("eve");
    eve.asks(salotto::Request::Command { line: "do \"log in\"".into(), room: None });
    let login = next_action(&mut reports);
    assert_eq!((login.by.as_str(), login.what.as_str()), ("eve", "login"));
    assert_eq!(login.whom.as_deref(), Some("the_boss"));
    assert!(login.why.starts_with("operator, from 127.0.0.1:"), "{}", login.why);
    let commands = |event: &salotto::Event| match event {
        salotto::Event::Commands { commands } => {
            Some(commands.iter().map(|command| command.path.clone()).collect::<Vec<_>>())
        }
        _ => None,
    };
    let offered = eve.hears_where("what it may do now", commands);
    assert!(offered.contains(&"kick".to_owned()), "{offered:?}");
    let Reply::Table { columns, rows } = server.types("users") else { panic!("users is a table") };
    assert_eq!((columns[1].as_str(), rows[0][1].as_str()), ("role", "operator (the_boss)"));
    let members = soon("the members", server.handle().members()).expect("the server is running");
    assert_eq!(members[0].account.as_deref(), Some("the_boss"));

    eve.asks(salotto::Request::Command { line: "do \"log out\"".into(), room: None });
    assert_eq!(next(&mut reports), "eve: logout the_boss");
    let offered = eve.hears_where("what it may do now", commands);
    assert!(!offered.contains(&"kick".to_owned()), "{offered:?}");
    let members = soon("the members", server.handle().members()).expect("the server is running");
    assert_eq!((members[0].role, members[0].account.clone()), (Role::Member, None));
}

#[test]
fn a_client_that_takes_over_from_its_lost_connection_is_still_logged_in() {
    let server = TestServer::builder().plugin("deputy", Deputy(Notebook::default())).open();
    let mut reports = server.handle().watch();
    let role = |name: &str| {
        let members =
            soon("the members", server.handle().members()).expect("the server is running");
        let member =
            members.into_iter().find(|member| member.name.as_ref().is_some_and(|n| n == name));
        member.map(|member| (member.role, member.account))
    };
    let mut eve = server.enters_json("eve");
    eve.asks(salotto::Request::Command { line: "do \"log in\"".into(), room: None });
    next_action(&mut reports);
    // Its network is gone and the server does not know yet.
    let mut returning = server.connects_json();
    returning = returning.enters_with("eve", &[], Some(eve.resume()));
    assert_eq!(role("eve"), Some((Role::Operator, Some("the_boss".into()))));
    drop(returning);
    // Nobody else is whoever they say they are.
    let mut mallory = server.connects_json();
    let forged = salotto::protocol::Resume { token: "0".repeat(32), ..eve.resume() };
    mallory = mallory.enters_with("mallory", &[], Some(forged));
    assert_eq!(role("mallory"), Some((Role::Member, None)));
    drop(mallory);
}

/// Lets nobody be logged in who has no name, and renames whoever says `!call me`.
struct FirstName;

impl Plugin for FirstName {
    fn commands(&self) -> Vec<Command> {
        let call = Command::new("call me", "Takes a name").arg(Arg::word("name"));
        vec![call.role(Role::Guest)]
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        if let Some(member) = invocation.caller.member {
            context.log_in(member, "too_early", Role::Operator);
            context.rename(member, invocation.text("name"));
        }
        Ok(Reply::Done)
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        let info = context.member(member).expect("it was just named");
        assert_eq!((info.role, info.account), (Role::Member, None));
    }
}

#[test]
fn a_plugin_may_give_a_connection_its_first_name() {
    let server = TestServer::builder().plugin("first-name", FirstName).open();
    let mut ada = server.connects();
    ada.says("!call me ada");
    ada.hears("* you are in lobby with ada");
    let mut other = server.connects_json();
    let call =
        |name: &str| salotto::Request::Command { line: format!("call me {name}"), room: None };
    other.asks(call("ADA"));
    assert!(other.hears_error(salotto::protocol::ErrorCode::NameTaken).contains("`ADA` is taken"));
    other.asks(call("bob"));
    other.hears_where("a welcome", |event| match event {
        salotto::Event::Welcome { name, .. } => (*name == "bob").then_some(()),
        _ => None,
    });
    // What is not for guests waits for a name, as ever.
    let mut third = server.connects_json();
    third.asks(salotto::Request::Command { line: "kick ada".into(), room: None });
    third.hears_error(salotto::protocol::ErrorCode::NameWanted);
}
