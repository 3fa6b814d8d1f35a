//! Plugins that go wrong: named, counted, turned off, and never the end of the house.

use std::time::Duration;

use salotto::PluginSetup;
use salotto::plugin::before_message;
use salotto::protocol::OnPanic;
use salotto::{
    Catalog, Command, CommandError, Host, Invocation, MemberId, Plugin, PluginState, Reply, Report,
    RoomName, Verdict,
};
use salotto_tests::{House, soon};

/// Panics at the word `boom`, in a gate, and at the command.
struct Clumsy;

impl Plugin for Clumsy {
    fn before_message(
        &mut self,
        host: &mut Host<'_>,
        draft: &mut salotto::MessageDraft,
    ) -> Verdict {
        if draft.text == "boom" {
            host.report("what a failed call asked for is not done by halves");
            panic!("tripped over {}", draft.text);
        }
        Verdict::Pass
    }

    fn commands(&self) -> Vec<Command> {
        vec![Command::new("trip", "Trips")]
    }

    fn run_command(&mut self, _: &mut Host<'_>, _: &Invocation) -> Result<Reply, CommandError> {
        panic!("tripped")
    }
}

fn catalog() -> Catalog {
    Catalog::new().with("clumsy", |_| Ok(Box::new(Clumsy)))
}

#[test]
fn a_plugin_that_panics_once_is_named_and_the_room_goes_on() {
    let house = House::builder().plugin("clumsy", Clumsy).open();
    let reports = house.handle().watch();
    let mut ada = house.enters("ada");
    let mut bob = house.enters("bob");
    ada.says("boom");
    bob.hears_exactly(&["ada: boom"]);
    ada.says("still here");
    bob.hears_exactly(&["ada: still here"]);
    let panicked = soon("a report", async {
        loop {
            match reports.recv().await.expect("the house is open") {
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
    assert_eq!(house.plugin("clumsy").state, PluginState::Running);
}

#[test]
fn a_plugin_that_panics_three_times_is_off_and_says_so() {
    let house = House::builder().plugin("clumsy", Clumsy).open();
    let mut ada = house.enters("ada");
    for _ in 0..3 {
        ada.says("!trip");
    }
    for _ in 0..3 {
        ada.hears_about("the plugin `clumsy`");
    }
    let PluginState::Failed(reason) = house.plugin("clumsy").state else {
        panic!("it should be off");
    };
    assert_eq!(reason, "panicked in run_command: tripped");
    ada.says("!trip");
    ada.hears_exactly(&["! the plugin `clumsy` is off: panicked in run_command: tripped"]);
    let calls = house.plugin("clumsy").calls;
    ada.says("boom");
    ada.hears_exactly(&["ada: boom"]);
    assert_eq!(house.plugin("clumsy").calls, calls, "it is not called any more");
}

#[test]
fn a_plugin_that_is_off_can_be_enabled_again() {
    let house = House::builder().catalog(catalog()).enable("clumsy").open();
    let mut ada = house.enters("ada");
    for _ in 0..3 {
        ada.says("!trip");
        ada.hears_about("! ");
    }
    house.types("plugins enable clumsy");
    assert_eq!(house.plugin("clumsy").state, PluginState::Running);
    ada.says("!trip");
    ada.hears_exactly(&["! the plugin `clumsy` panicked; the host was told"]);
}

#[test]
fn a_gate_that_is_to_fail_closed_lets_nothing_pass_unseen() {
    let setup = PluginSetup { on_panic: OnPanic::Closed, ..PluginSetup::new("clumsy") };
    let house = House::builder().catalog(catalog()).open();
    house.enables(setup).expect("it is known");
    let mut ada = house.enters("ada");
    let mut bob = house.enters("bob");
    for _ in 0..4 {
        ada.says("boom");
        // The fourth finds it off, and a plugin that is off has not become open by that.
        ada.hears_exactly(&["! not possible at the moment; please tell the host"]);
    }
    house.disables("clumsy");
    ada.says("that was all");
    bob.hears_exactly(&["ada: that was all"]);
}

#[test]
fn panics_in_any_hook_do_no_harm() {
    struct Nervous;
    impl Plugin for Nervous {
        fn start(&mut self, _: &mut Host<'_>) {
            panic!("start")
        }

        fn stop(&mut self, _: &mut Host<'_>) {
            panic!("stop")
        }

        fn after_joined(&mut self, _: &mut Host<'_>, _: MemberId, _: &RoomName) {
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
    let mut house = House::builder().plugin("nervous", Nervous).plugin("silent", NoCommands).open();
    let mut ada = house.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    assert!(house.disables("nervous"));
    house.adds("nervous", Nervous);
    ada.says("bye");
    ada.hears("ada: bye");
    house.stops();
    ada.hears("* goodbye (server stopping)");
}

#[test]
fn a_constructor_that_panics_is_a_refusal() {
    let catalog = Catalog::new().with("broken", |_| panic!("no such luck"));
    let house = House::builder().catalog(catalog).open();
    let mut ada = house.enters("ada");
    let handle = house.handle();
    let enabled = soon("enabling it", handle.enable(PluginSetup::new("broken")));
    let error = enabled.expect("the house lives on").expect_err("it cannot be made");
    assert!(error.to_string().contains("no such luck"), "{error}");
    ada.says("hello");
    ada.hears("ada: hello");
}

#[test]
fn a_timer_further_away_than_the_clock_reaches_is_never_due() {
    let house = House::builder()
        .plugin(
            "patient",
            before_message(|host, _| {
                host.set_timer("never", Duration::MAX);
                Verdict::Pass
            }),
        )
        .open();
    let mut ada = house.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    ada.says("bye");
    ada.hears("ada: bye");
}

#[test]
fn a_task_that_panics_ends_alone() {
    struct Tasks;
    impl Plugin for Tasks {
        fn start(&mut self, host: &mut Host<'_>) {
            host.spawn(async { panic!("a task went wrong") });
            let mailbox = host.mailbox();
            host.spawn(async move { mailbox.send("done".to_owned()).await });
        }

        fn after_task(&mut self, host: &mut Host<'_>, result: Box<dyn std::any::Any + Send>) {
            let text = result.downcast::<String>().expect("what was sent");
            host.report(*text);
        }
    }
    let house = House::open();
    let reports = house.handle().watch();
    house.adds("tasks", Tasks);
    soon("the other task", async {
        while !matches!(reports.recv().await, Ok(Report::Plugin { text, .. }) if text == "done") {}
    });
    assert!(house.disables("tasks"));
    let mut ada = house.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
}
