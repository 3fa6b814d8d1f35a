//! A configuration is taken over while people talk: all of it or nothing, and what a plugin knows is not lost.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use salotto::{ApplyError, Catalog, Context, Plugin, PluginSetup, Report, Settings};
use salotto_tests::plugins::Notebook;
use salotto_tests::{TestServer, soon};

/// Counts what was said, over all of its lives, and writes down what happens to it.
struct Counter {
    called: String,
    said: u64,
    notes: Notebook,
}

impl Counter {
    fn note(&self, what: &str) {
        self.notes.write(format!("{} {what} at {}", self.called, self.said));
    }
}

impl Plugin for Counter {
    fn start(&mut self, _: &mut Context<'_>) {
        self.note("starts");
    }

    fn stop(&mut self, _: &mut Context<'_>) {
        self.note("stops");
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        self.note("hands over");
        Some(Box::new(self.said))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        if let Ok(said) = state.downcast() {
            self.said = *said;
            self.note("takes over");
        }
    }

    fn after_said(
        &mut self,
        _: &mut Context<'_>,
        _: Option<salotto::MemberId>,
        _: &salotto::Entry,
    ) {
        self.said += 1;
    }

    fn after_settings_changed(&mut self, _: &mut Context<'_>, _: &Settings) {
        self.note("sees a reload");
    }
}

/// `counter` as above; `file` can be made while a file that does not exist in truth is fine.
fn catalog(notes: &Notebook, file_is_fine: &Arc<AtomicBool>) -> Catalog {
    let (notes, file_is_fine) = (notes.clone(), file_is_fine.clone());
    Catalog::new()
        .with("counter", move |settings| {
            let called = format!("counter{settings}");
            Ok(Box::new(Counter { called, said: 0, notes: notes.clone() }))
        })
        .with("file", move |_| match file_is_fine.load(Ordering::SeqCst) {
            true => Ok(Box::new(salotto::plugin::Nothing)),
            false => Err("line 3 of the bans makes no sense".into()),
        })
}

fn server(notes: &Notebook, file_is_fine: &Arc<AtomicBool>) -> TestServer {
    let server = TestServer::builder().catalog(catalog(notes, file_is_fine));
    let server = server.enable("counter").enable("file").open();
    server.status();
    notes.take();
    server
}

fn setups(counter: &str) -> Option<Vec<PluginSetup>> {
    Some(vec![PluginSetup::new("counter").settings(counter), PluginSetup::new("file")])
}

#[test]
fn a_plugin_that_is_replaced_hands_its_state_to_the_next() {
    let (notes, fine) = (Notebook::default(), Arc::new(AtomicBool::new(true)));
    let server = server(&notes, &fine);
    let mut ada = server.enters("ada");
    for line in ["one", "two"] {
        ada.says(line);
        ada.hears(&format!("ada: {line}"));
    }
    let settings = server.handle().settings().as_ref().clone();
    soon("a reload", server.handle().apply(settings, setups("!"))).expect("it is good");
    assert_eq!(
        notes.take(),
        [
            "counter stops at 2",
            "counter hands over at 2",
            "counter! takes over at 2",
            "counter! starts at 2",
            "counter! sees a reload at 2"
        ]
    );
    server.types("plugins enable counter ?");
    assert_eq!(
        notes.take(),
        [
            "counter! stops at 2",
            "counter! hands over at 2",
            "counter? takes over at 2",
            "counter? starts at 2"
        ]
    );
    // Who is disabled has nobody to hand anything to, and starts anew with the settings of the configuration.
    server.types("plugins disable counter");
    assert_eq!(notes.take(), ["counter? stops at 2"]);
    server.types("plugins enable counter");
    // With the settings that were applied last.
    assert_eq!(notes.take(), ["counter! starts at 0"]);
}

#[test]
fn a_reload_that_changes_nothing_is_reported_all_the_same() {
    let (notes, fine) = (Notebook::default(), Arc::new(AtomicBool::new(true)));
    let server = server(&notes, &fine);
    let settings = server.handle().settings().as_ref().clone();
    soon("a reload", server.handle().apply(settings.clone(), setups(""))).expect("it is good");
    soon("a reload", server.handle().apply(settings, None)).expect("it is good");
    assert_eq!(notes.take(), ["counter sees a reload at 0", "counter sees a reload at 0"]);
}

#[test]
fn a_plugin_that_cannot_be_made_any_more_refuses_a_reload_also_where_its_setup_is_the_same() {
    let (notes, fine) = (Notebook::default(), Arc::new(AtomicBool::new(true)));
    let server = server(&notes, &fine);
    let mut reports = server.handle().watch();
    fine.store(false, Ordering::SeqCst);
    let mut settings = server.handle().settings().as_ref().clone();
    settings.limits.message_characters = Some(3);
    settings.rooms.topic = "another".into();
    let refused = soon("a refusal", server.handle().apply(settings, setups("!")));
    let Err(ApplyError::Plugins(errors)) = refused else { panic!("it was taken: {refused:?}") };
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].to_string(), "plugin `file`: line 3 of the bans makes no sense");
    // Nothing was changed, nobody was told, nothing was recorded.
    assert_eq!(notes.take(), Vec::<String>::new());
    let mut ada = server.enters("ada");
    ada.says("more than three");
    ada.hears("ada: more than three");
    while let Ok(report) = reports.try_next() {
        assert!(!matches!(report, Report::Action(_)), "{report:?}");
    }
}

#[test]
fn a_reload_is_recorded_with_what_it_changed() {
    let (notes, fine) = (Notebook::default(), Arc::new(AtomicBool::new(true)));
    let server = server(&notes, &fine);
    let mut reports = server.handle().watch();
    let mut settings = server.handle().settings().as_ref().clone();
    settings.limits.name_lines = Some(3);
    settings.rooms.history = 7;
    soon("a reload", server.handle().apply(settings, setups("!"))).expect("it is good");
    let mut actions = Vec::new();
    while let Ok(report) = reports.try_next() {
        if let Report::Action(action) = report {
            actions.push(action.to_string());
        }
    }
    assert_eq!(
        actions,
        ["host: replace counter", "host: reload (limits.name_lines, rooms.history)"]
    );
}

#[test]
fn constructors_do_not_run_in_the_turn_of_the_server() {
    let threads = Notebook::default();
    let noted = threads.clone();
    let catalog = Catalog::new().with("slow", move |_| {
        noted.write(thread::current().name().unwrap_or("this one").to_owned());
        Ok(Box::new(salotto::plugin::Nothing))
    });
    let server = TestServer::builder().catalog(catalog).open();
    server.types("plugins enable slow");
    server.enables(PluginSetup::new("slow")).expect("it is known");
    let settings = server.handle().settings().as_ref().clone();
    let slow = Some(vec![PluginSetup::new("slow")]);
    soon("a reload", server.handle().apply(settings, slow)).expect("it is good");
    let threads = threads.take();
    assert_eq!(threads.len(), 3);
    // Those that run the server are called `salotto-0` and so on.
    let of_the_server = |name: &String| {
        name.strip_prefix("salotto-").is_some_and(|rest| rest.parse::<u32>().is_ok())
    };
    assert!(!threads.iter().any(of_the_server), "{threads:?}");
}

#[test]
fn a_plugin_that_panics_while_it_hands_over_is_replaced_all_the_same() {
    struct Clumsy;
    impl Plugin for Clumsy {
        fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
            panic!("dropped it");
        }
    }
    let notes = Notebook::default();
    let server = TestServer::builder().plugin("counter", Clumsy).open();
    let mut reports = server.handle().watch();
    let counter = Counter { called: "next".into(), said: 5, notes: notes.clone() };
    server.adds("counter", counter);
    assert_eq!(notes.take(), ["next starts at 5"]);
    soon("the report", async {
        loop {
            if let Report::PluginPanicked { message, .. } = reports.next().await.expect("open") {
                return assert_eq!(message, "dropped it");
            }
        }
    });
}
