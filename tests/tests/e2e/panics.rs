//! Plugins that go wrong: named, counted, turned off, and never the end of the server.

use std::time::Duration;

use salotto::PluginSetup;
use salotto::plugin::before_message;
use salotto::protocol::OnPanic;
use salotto::{
    Catalog, Command, CommandError, Context, Invocation, MemberId, Plugin, PluginState, Reply,
    Report, RoomName, Verdict,
};
use salotto_tests::{TestServer, soon};

/// Panics at the word `boom`, in a gate, and at the command.
struct Clumsy;

impl Plugin for Clumsy {
    fn before_message(
        &mut self,
        context: &mut Context<'_>,
        draft: &mut salotto::MessageDraft,
    ) -> Verdict {
        if draft.text == "boom" {
            context.report("what a failed call asked for is not done by halves");
            panic!("tripped over {}", draft.text);
        }
        Verdict::Pass
    }

    fn commands(&self) -> Vec<Command> {
        vec![Command::new("trip", "Trips")]
    }

    fn run_command(&mut self, _: &mut Context<'_>, _: &Invocation) -> Result<Reply, CommandError> {
        panic!("tripped")
    }
}

fn catalog() -> Catalog {
    Catalog::new().with("clumsy", |_| Ok(Box::new(Clumsy)))
}

#[test]
fn a_plugin_that_panics_once_is_named_and_the_room_goes_on() {
    let server = TestServer::builder().plugin("clumsy", Clumsy).open();
    let mut reports = server.handle().watch();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says("boom");
    bob.hears_exactly(&["ada: boom"]);
    ada.says("still here");
    bob.hears_exactly(&["ada: still here"]);
    let panicked = soon("a report", async {
        loop {
            match reports.next().await.expect("the server is running") {
                Report::PluginPanicked { plugin, hook, message, disabled } => {
                    return (plugin, hook.to_string(), message, disabled);
                }
                Report::Plugin { text, .. } => panic!("half of it was done: {text}"),
                _ => {}
            }
        }
    });
    assert_eq!(
        panicked,
        ("clumsy".into(), "before_message".into(), "tripped over boom".into(), false)
    );
    assert_eq!(server.plugin("clumsy").state, PluginState::Running);
}

#[test]
fn a_plugin_that_panics_three_times_is_off_and_says_so() {
    let server = TestServer::builder().plugin("clumsy", Clumsy).open();
    let mut ada = server.enters("ada");
    for _ in 0..3 {
        ada.says("!trip");
    }
    for _ in 0..3 {
        ada.hears_about("the plugin `clumsy`");
    }
    let PluginState::Failed(reason) = server.plugin("clumsy").state else {
        panic!("it should be off");
    };
    assert_eq!(reason, "panicked in run_command: tripped");
    ada.says("!trip");
    ada.hears_exactly(&["! the plugin `clumsy` is off: panicked in run_command: tripped"]);
    let calls = server.plugin("clumsy").calls;
    ada.says("boom");
    ada.hears_exactly(&["ada: boom"]);
    assert_eq!(server.plugin("clumsy").calls, calls, "it is not called any more");
}

#[test]
fn a_plugin_that_is_off_can_be_enabled_again() {
    let server = TestServer::builder().catalog(catalog()).enable("clumsy").open();
    let mut ada = server.enters("ada");
    for _ in 0..3 {
        ada.says("!trip");
        ada.hears_about("! ");
    }
    server.types("plugins enable clumsy");
    assert_eq!(server.plugin("clumsy").state, PluginState::Running);
    ada.says("!trip");
    ada.hears_exactly(&["! the plugin `clumsy` panicked; the operator was told"]);
}

#[test]
fn a_gate_that_is_to_fail_closed_lets_nothing_pass_unseen() {
    let setup = PluginSetup::new("clumsy").on_panic(OnPanic::Closed);
    let server = TestServer::builder().catalog(catalog()).open();
    server.enables(setup).expect("it is known");
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    for _ in 0..4 {
        ada.says("boom");
        // The fourth finds it off, and a plugin that is off has not become open by that.
        ada.hears_exactly(&["! not possible at the moment; please tell the operator"]);
    }
    server.disables("clumsy");
    ada.says("that was all");
    bob.hears_exactly(&["ada: that was all"]);
}

#[test]
fn panics_in_any_hook_do_no_harm() {
    struct Nervous;
    impl Plugin for Nervous {
        fn start(&mut self, _: &mut Context<'_>) {
            panic!("start")
        }

        fn stop(&mut self, _: &mut Context<'_>) {
            panic!("stop")
        }

        fn after_joined(&mut self, _: &mut Context<'_>, _: MemberId, _: &RoomName) {
            panic!("joined")
        }
    }
    impl Drop for Nervous {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("dropped");
            }
        }
    }
    struct NoCommands;
    impl Plugin for NoCommands {
        fn commands(&self) -> Vec<Command> {
            panic!("commands")
        }
    }
    let mut server =
        TestServer::builder().plugin("nervous", Nervous).plugin("silent", NoCommands).open();
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    assert!(server.disables("nervous"));
    server.adds("nervous", Nervous);
    ada.says("bye");
    ada.hears("ada: bye");
    server.stops();
    ada.hears("* goodbye (server stopping)");
}

#[test]
fn a_constructor_that_panics_is_a_refusal() {
    let catalog = Catalog::new().with("broken", |_| panic!("no such luck"));
    let server = TestServer::builder().catalog(catalog).open();
    let mut ada = server.enters("ada");
    let handle = server.handle();
    let enabled = soon("enabling it", handle.enable(PluginSetup::new("broken")));
    let error = enabled.expect("the server lives on").expect_err("it cannot be made");
    assert!(error.to_string().contains("no such luck"), "{error}");
    ada.says("hello");
    ada.hears("ada: hello");
}

#[test]
fn a_timer_further_away_than_the_clock_reaches_is_never_due() {
    let server = TestServer::builder()
        .plugin(
            "patient",
            before_message(|context, _| {
                context.set_timer("never", Duration::MAX);
                Verdict::Pass
            }),
        )
        .open();
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    ada.says("bye");
    ada.hears("ada: bye");
}

#[test]
fn a_task_that_panics_ends_alone() {
    struct Tasks;
    impl Plugin for Tasks {
        fn start(&mut self, context: &mut Context<'_>) {
            context.spawn(async { panic!("a task went wrong") });
            let mailbox = context.mailbox();
            context.spawn(async move { mailbox.send("done".to_owned()).await });
        }

        fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn std::any::Any + Send>) {
            let text = result.downcast::<String>().expect("what was sent");
            context.report(*text);
        }
    }
    let server = TestServer::open();
    let mut reports = server.handle().watch();
    server.adds("tasks", Tasks);
    soon("the other task", async {
        while !matches!(reports.next().await, Some(Report::Plugin { text, .. }) if text == "done") {
        }
    });
    assert!(server.disables("tasks"));
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
}

#[test]
fn a_plugin_whose_task_panicked_is_failing_until_it_is_started_anew() {
    struct Task;
    impl Plugin for Task {
        fn start(&mut self, context: &mut Context<'_>) {
            context.spawn(async { panic!("no such file") });
        }
    }
    let server = TestServer::builder().plugin("task", Task).open();
    let is_failing = |status: &salotto::Status| {
        status.plugins.iter().any(|plugin| {
            matches!(&plugin.state, PluginState::Failing { reason, .. } if reason.contains("a task panicked: no such file; `plugins disable task` and"))
        })
    };
    server.waits_until("the plugin is failing", is_failing);
    let health = soon("health", server.handle().execute("health"));
    assert!(health.is_err_and(|error| error.to_string().contains("no such file")));
}
