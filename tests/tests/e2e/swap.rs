//! Plugins come, go and change while people talk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use salotto::PluginSetup;
use salotto::plugin::before_message;
use salotto::{
    Catalog, Command, CommandError, Context, Invocation, Plugin, Reply, Report, Verdict, Watch,
};
use salotto_tests::json::said;
use salotto_tests::plugins::Notebook;
use salotto_tests::{TestServer, soon};
use smol::Timer;
use smol::future::FutureExt;

/// Marks each message with its settings, and answers `!mark`.
struct Mark(String);

impl Plugin for Mark {
    fn before_message(
        &mut self,
        _: &mut Context<'_>,
        draft: &mut salotto::MessageDraft,
    ) -> Verdict {
        draft.tags.insert("mark".into(), self.0.clone());
        Verdict::Pass
    }

    fn commands(&self) -> Vec<Command> {
        vec![Command::new("mark", "Says how messages are marked")]
    }

    fn run_command(&mut self, _: &mut Context<'_>, _: &Invocation) -> Result<Reply, CommandError> {
        Ok(Reply::text(format!("messages are marked {}", self.0)))
    }
}

fn catalog() -> Catalog {
    Catalog::new().with("mark", |settings| match settings {
        "bad" => Err("`bad` is no mark; expected any other word".into()),
        settings => Ok(Box::new(Mark(settings.to_owned()))),
    })
}

#[test]
fn plugins_come_and_go_while_people_talk_and_no_message_is_lost_or_doubled() {
    let server = TestServer::builder().catalog(catalog()).open();
    let mut listener = server.enters_json("listener");
    let mut talkers = ["ada", "bob"].map(|name| server.enters_json(name));
    const LINES: usize = 400;
    std::thread::scope(|scope| {
        for (talker, name) in talkers.iter_mut().zip(["ada", "bob"]) {
            scope.spawn(move || {
                for line in 0..LINES {
                    let text = format!("{name}'s {line}");
                    talker.says(&text);
                    // The pace of somebody who waits for the own echo, so that the plugins change in the middle.
                    talker.hears_said(&text);
                }
            });
        }
        scope.spawn(|| {
            for round in 0..40 {
                server
                    .enables(PluginSetup::new("mark").settings(round.to_string()))
                    .expect("it is known");
                if round % 3 == 0 {
                    assert!(server.disables("mark"));
                }
            }
        });
    });
    listener.says("that is all");
    let heard = said(&listener.entries_until("that is all"));
    for name in ["ada", "bob"] {
        let prefix = format!("{name}: ");
        let lines: Vec<&str> = heard.iter().filter_map(|line| line.strip_prefix(&prefix)).collect();
        let expected: Vec<String> = (0..LINES).map(|line| format!("{name}'s {line}")).collect();
        assert_eq!(lines, expected);
    }
}

#[test]
fn a_plugin_takes_its_commands_with_it() {
    let server = TestServer::builder().catalog(catalog()).open();
    let mut ada = server.enters("ada");
    ada.says("!mark");
    ada.hears_about("! there is no command `!mark`");
    server.types("plugins enable mark red");
    ada.says("!mark");
    ada.hears_exactly(&["* messages are marked red"]);
    server.types("plugins enable mark blue");
    ada.says("!mark");
    ada.hears_exactly(&["* messages are marked blue"]);
    server.types("plugins disable mark");
    ada.says("!mark");
    ada.hears_about("! there is no command `!mark`");
}

#[test]
fn settings_that_are_refused_leave_the_plugin_that_was_there() {
    let server = TestServer::builder().catalog(catalog()).open();
    server.types("plugins enable mark red");
    let handle = server.handle();
    let refused = soon("a refusal", handle.execute("plugins enable mark bad"));
    let error = refused.expect_err("it is bad").to_string();
    assert!(error.contains("`bad` is no mark"), "{error}");
    let unknown = soon("a refusal", handle.execute("plugins enable marc"));
    let error = unknown.expect_err("it is unknown").to_string();
    assert!(error.contains("known are mark"), "{error}");
    let mut ada = server.enters("ada");
    ada.says("!mark");
    ada.hears_exactly(&["* messages are marked red"]);
}

#[test]
fn a_configuration_is_taken_over_whole_or_not_at_all() {
    let notes = Notebook::default();
    /// Writes down when it starts and stops.
    struct Life(String, Notebook);
    impl Plugin for Life {
        fn start(&mut self, _: &mut Context<'_>) {
            self.1.write(format!("{} starts", self.0));
        }

        fn stop(&mut self, _: &mut Context<'_>) {
            self.1.write(format!("{} stops", self.0));
        }
    }
    let mut catalog = catalog();
    for name in ["one", "two", "three"] {
        let notes = notes.clone();
        catalog = catalog.with(name, move |settings| {
            let called = format!("{name}{settings}");
            Ok(Box::new(Life(called, notes.clone())))
        });
    }
    let server = TestServer::builder().catalog(catalog).enable("one").enable("two").open();
    let handle = server.handle();
    let mut settings = (*handle.settings()).clone();
    assert_eq!(server.status().plugins.len(), 2);
    notes.take();

    // One bad entry, and nothing of it happens.
    settings.limits.message_characters = Some(5);
    let plugins = vec![PluginSetup::new("three"), PluginSetup::new("mark").settings("bad")];
    let refused = soon("a refusal", handle.apply(settings.clone(), Some(plugins)));
    refused.expect_err("`mark` is bad");
    assert_eq!(notes.take(), Vec::<String>::new());
    let mut ada = server.enters("ada");
    ada.says("more than five");
    ada.hears("ada: more than five");

    // A good one: `one` goes on undisturbed, and its position changes.
    let plugins = vec![
        PluginSetup::new("three"),
        PluginSetup::new("two").settings("!"),
        PluginSetup::new("one"),
    ];
    settings.server.listen = vec!["127.0.0.1:1".into()];
    let applied = soon("taking it over", handle.apply(settings, Some(plugins)));
    let applied = applied.expect("it is good");
    assert_eq!(applied.after_restart, ["server.listen"]);
    assert_eq!(notes.take(), ["two stops", "three starts", "two! starts"]);
    let names: Vec<String> =
        server.status().plugins.into_iter().map(|plugin| plugin.name).collect();
    assert_eq!(names, ["three", "two", "one"]);
    ada.says("more than five");
    ada.hears_about("! the message has 14 characters");
}

#[test]
fn timers_and_tasks_of_a_plugin_vanish_with_it() {
    struct Clockwork;
    impl Plugin for Clockwork {
        fn start(&mut self, context: &mut Context<'_>) {
            context.set_timer("tick", Duration::from_millis(20));
            let mailbox = context.mailbox();
            context.spawn(async move {
                loop {
                    Timer::after(Duration::from_millis(20)).await;
                    mailbox.send(()).await;
                }
            });
        }

        fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
            context.report(key.to_owned());
            context.set_timer(key, Duration::from_millis(20));
        }

        fn after_task(&mut self, context: &mut Context<'_>, _: Box<dyn std::any::Any + Send>) {
            context.report("task");
        }
    }
    let server = TestServer::open();
    let mut reports = server.handle().watch();
    let next = |reports: &mut Watch, text: &str| {
        soon(text, async {
            loop {
                match reports.next().await.expect("the server is running") {
                    Report::Plugin { plugin, text: said, .. } if said == text => return plugin,
                    _ => {}
                }
            }
        })
    };
    server.adds("clockwork", Clockwork);
    for text in ["tick", "task", "tick", "task"] {
        assert_eq!(next(&mut reports, text), "clockwork");
    }
    assert!(server.disables("clockwork"));
    while reports.try_next().is_ok() {}
    // A timer that is set later is due later: had one of the old ones been left, it would have come before.
    server.adds("marker", Marker);
    assert_eq!(next(&mut reports, "marker"), "marker");
    struct Marker;
    impl Plugin for Marker {
        fn start(&mut self, context: &mut Context<'_>) {
            context.set_timer("marker", Duration::from_millis(200));
        }

        fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
            context.report(key.to_owned());
        }
    }
}

#[test]
fn timers_are_due_while_the_server_is_busy() {
    struct Alarm;
    impl Plugin for Alarm {
        fn start(&mut self, context: &mut Context<'_>) {
            context.set_timer("ring", Duration::from_millis(50));
        }

        fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
            context.report(key.to_owned());
        }
    }
    // Slow enough that the inbox is never empty while two talk without waiting for anything.
    let slow = before_message(|_, _| {
        let started = Instant::now();
        while started.elapsed() < Duration::from_micros(200) {}
        Verdict::Take
    });
    let server = TestServer::builder().plugin("slow", slow).open();
    let mut reports = server.handle().watch();
    let over = AtomicBool::new(false);
    let rang = std::thread::scope(|scope| {
        for name in ["ada", "bob"] {
            let talker = soon("joining", server.handle().join(name)).unwrap();
            let over = &over;
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    soon("saying something", talker.say("hello")).unwrap();
                }
            });
        }
        server.adds("alarm", Alarm);
        let ring = async {
            while !matches!(reports.next().await, Some(Report::Plugin { text, .. }) if text == "ring")
            {
            }
            true
        };
        let late = async {
            Timer::after(Duration::from_secs(10)).await;
            false
        };
        let rang = smol::block_on(ring.or(late));
        over.store(true, Ordering::Relaxed);
        rang
    });
    assert!(rang, "the timer was not due while people talked");
}
