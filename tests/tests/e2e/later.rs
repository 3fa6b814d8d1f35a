//! Commands that are answered later, and tasks of plugins that learn when it is over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use salotto::protocol::ErrorCode;
use salotto::{
    Arg, Command, CommandError, Context, Event, Invocation, LeaveReason, LimitHit, Plugin,
    PluginSetup, Reply, Request, Responder,
};
use salotto_tests::json::said;
use salotto_tests::{PATIENCE, TestServer, soon};

/// Answers what it is asked when the test says so.
#[derive(Debug, Clone, Default)]
struct Oracle(Arc<Mutex<Vec<Responder>>>);

impl Oracle {
    /// The responder of the call that was made first.
    fn next(&self) -> Responder {
        let started = Instant::now();
        loop {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !waiting.is_empty() {
                return waiting.remove(0);
            }
            drop(waiting);
            assert!(started.elapsed() < PATIENCE, "nobody asks");
            std::thread::yield_now();
        }
    }

    fn answers(&self, text: &str) {
        self.next().send(Ok(Reply::text(text)));
    }
}

impl Plugin for Oracle {
    fn commands(&self) -> Vec<Command> {
        vec![
            Command::new("ask", "Asks").arg(Arg::text("what").optional()),
            Command::new("promise", "Promises an answer and keeps nothing to give it with"),
            Command::new("again", "Answers with a promise"),
            Command::new("both", "Answers at once, and later too"),
        ]
    }

    fn run_command(
        &mut self,
        _: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        match invocation.path.as_str() {
            "promise" => return Ok(Reply::Later),
            "again" => invocation.answer_later().send(Ok(Reply::Later)),
            path => {
                let responder = invocation.answer_later();
                self.0.lock().unwrap_or_else(PoisonError::into_inner).push(responder);
                if path == "both" {
                    return Ok(Reply::text("now"));
                }
            }
        }
        Ok(Reply::Later)
    }
}

fn asks(server: &TestServer, line: &str) -> Result<Reply, String> {
    soon(line, server.handle().execute(line)).map_err(|error| error.to_string())
}

#[test]
fn a_command_is_answered_later_wherever_it_was_called() {
    let oracle = Oracle::default();
    let server = TestServer::builder().plugin("oracle", oracle.clone()).open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters_json("bob");
    // In chat: a line, for who asked. Others are heard meanwhile, and so is who waits.
    ada.says("!ask");
    ada.says("while I wait");
    ada.hears("ada: while I wait");
    oracle.answers("forty-two");
    ada.hears("* forty-two");
    // For programs: the event with its nonce, in whatever order the answers come.
    let ask = || Request::Command { line: "ask".into(), room: None };
    bob.asks_with(ask(), Some("one"));
    bob.asks_with(ask(), Some("two"));
    let (one, two) = (oracle.next(), oracle.next());
    two.send(Err(CommandError::Refused("not you".into())));
    one.send(Ok(Reply::text("yes")));
    let told = [(); 2].map(|()| {
        bob.hears_where("an answer", |event| match event {
            Event::Reply { reply, nonce: Some(nonce) } => Some((nonce.clone(), reply.to_string())),
            Event::Error { code: ErrorCode::Denied, text, nonce: Some(nonce) } => {
                Some((nonce.clone(), text.clone()))
            }
            _ => None,
        })
    });
    for answer in [("one", "yes"), ("two", "not you")] {
        assert!(told.contains(&(answer.0.to_owned(), answer.1.to_owned())), "{told:?}");
    }
    // For the console and for code.
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| asks(&server, "ask"));
        oracle.answers("no");
        assert_eq!(asked.join().expect("it is answered"), Ok(Reply::text("no")));
    });
}

#[test]
fn who_left_meanwhile_needs_no_answer() {
    let oracle = Oracle::default();
    let server = TestServer::builder().plugin("oracle", oracle.clone()).open();
    let mut ada = server.enters("ada");
    ada.says("!ask");
    let responder = oracle.next();
    ada.dies();
    server.waits_until("she is gone", |status| status.connected == 0);
    responder.send(Ok(Reply::text("too late")));
    server.enters("ada");
}

/// A server with the oracle, in which `!quit` says goodbye.
fn opens_with_quit(oracle: &Oracle) -> TestServer {
    TestServer::builder()
        .plugin("oracle", oracle.clone())
        .server(|server| server.enable(PluginSetup::new("quit")))
        .open()
}

#[test]
fn whoever_asks_and_says_goodbye_in_one_breath_is_answered_first() {
    let oracle = Oracle::default();
    let server = opens_with_quit(&oracle);
    let mut bob = server.enters_json("bob");
    let mut ada = server.enters("ada");
    ada.sends(b"!ask\n!ask\n!quit see you\nwho is gone says nothing\n");
    let (one, two) = (oracle.next(), oracle.next());
    one.send(Ok(Reply::text("forty-two")));
    two.send(Ok(Reply::text("forty-three")));
    let heard = ada.hears_eof();
    for answer in ["* forty-two", "* forty-three"] {
        assert!(heard.iter().any(|line| line == answer), "{heard:?}");
    }
    let farewell = "see you".to_owned();
    assert_eq!(bob.hears_left("ada"), LeaveReason::Quit { farewell });
    bob.says("marker");
    let said = said(&bob.entries_until("marker"));
    assert!(!said.iter().any(|line| line.contains("says nothing")), "{said:?}");
}

#[test]
fn whoever_sends_nothing_more_is_answered_too() {
    let oracle = Oracle::default();
    let server = TestServer::builder().plugin("oracle", oracle.clone()).open();
    let mut ada = server.enters("ada");
    ada.says("!ask");
    ada.half_closes();
    oracle.answers("forty-two");
    ada.hears("* forty-two");
    ada.hears_eof();
}

#[test]
fn an_answer_that_does_not_come_keeps_nobody_from_leaving() {
    let oracle = Oracle::default();
    let server = opens_with_quit(&oracle);
    let mut ada = server.enters("ada");
    ada.sends(b"!ask\n!quit\n");
    let _responder = oracle.next();
    ada.hears_eof();
    server.waits_until("she is gone", |status| status.connected == 0);
}

#[test]
fn whoever_waits_is_told_when_no_answer_will_come() {
    let oracle = Oracle::default();
    let server = TestServer::builder().plugin("oracle", oracle.clone()).open();
    let waits = |end: &dyn Fn()| {
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| asks(&server, "ask"));
            let responder = oracle.next();
            end();
            let answer = asked.join().expect("it is answered");
            drop(responder);
            answer.expect_err("there is no answer")
        })
    };
    let disabled = "the plugin `oracle` was disabled before it answered";
    assert_eq!(waits(&|| server.adds("oracle", oracle.clone())), disabled);
    assert_eq!(waits(&|| assert!(server.disables("oracle"))), disabled);
    server.adds("oracle", oracle.clone());
    // Dropped, promised with nothing to keep it, promised again.
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| asks(&server, "ask"));
        drop(oracle.next());
        let answer = asked.join().expect("it is answered");
        assert_eq!(answer, Err("the plugin `oracle` gave no answer".into()));
    });
    assert_eq!(
        asks(&server, "promise"),
        Err("`promise` promised an answer that nobody can give".into())
    );
    assert_eq!(asks(&server, "again"), Err("the plugin `oracle` gave no answer".into()));
    // What was answered is answered.
    assert_eq!(asks(&server, "both"), Ok(Reply::text("now")));
    oracle.answers("later");
    assert_eq!(asks(&server, "both"), Ok(Reply::text("now")));
}

#[test]
fn whoever_waits_is_told_when_the_server_stops() {
    let oracle = Oracle::default();
    for stops in [true, false] {
        let mut server = TestServer::builder().plugin("oracle", oracle.clone()).open();
        let handle = server.handle();
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| soon("an answer", handle.execute("ask")));
            let responder = oracle.next();
            match stops {
                true => assert!(server.stops() < Duration::from_secs(1), "nobody is waited for"),
                false => server.drops(),
            }
            let error = asked.join().expect("it is answered").expect_err("it is stopped");
            assert_eq!(error, CommandError::Failed(salotto::Closed.to_string()));
            drop(responder);
        });
    }
}

#[test]
fn so_many_answers_may_be_waited_for_and_no_more() {
    let oracle = Oracle::default();
    let server = TestServer::builder().plugin("oracle", oracle.clone()).open();
    let mut bob = server.enters_json("bob");
    for _ in 0..1024 {
        bob.asks(Request::Command { line: "ask".into(), room: None });
    }
    bob.asks(Request::Command { line: "ask".into(), room: None });
    let text = bob.hears_error(ErrorCode::Failed);
    assert_eq!(text, "1024 commands wait for their answer; try again later");
    assert_eq!(server.hits(LimitHit::Answers), 1);
    // Each answer makes room for another question.
    oracle.answers("yes");
    bob.hears_where("the answer", |event| matches!(event, Event::Reply { .. }).then_some(()));
    bob.asks(Request::Command { line: "ask".into(), room: None });
    bob.asks(Request::Ping);
    bob.hears_where("the pong, and no error", |event| match event {
        Event::Error { text, .. } => panic!("{text}"),
        event => matches!(event, Event::Pong { .. }).then_some(()),
    });
}

#[test]
fn a_plugin_that_is_made_while_people_talk_is_enabled_by_the_same_means() {
    let server = TestServer::open();
    assert_eq!(asks(&server, "plugins enable quit"), Ok(Reply::text("quit is enabled")));
    let wrong = asks(&server, "plugins enable quit (word: 1)").expect_err("the settings are wrong");
    assert!(wrong.starts_with("plugin `quit`: "), "{wrong}");
    server.enables(PluginSetup::new("quit")).expect("it is known");
}

#[test]
fn a_task_learns_that_it_should_end_while_it_still_may_do_something() {
    /// Its task says goodbye to whoever waits in the test.
    struct Watchman(async_channel::Sender<&'static str>);
    impl Plugin for Watchman {
        fn start(&mut self, context: &mut Context<'_>) {
            let (stopping, notes) = (context.stopping(), self.0.clone());
            let started = Instant::now();
            context.spawn(async move {
                assert!(!stopping.is_stopping());
                notes.send("watching").await.expect("the test reads");
                stopping.wait().await;
                assert!(stopping.is_stopping() && stopping.clone().is_stopping());
                assert!(started.elapsed() < PATIENCE);
                notes.send("told").await.expect("the test reads");
            });
        }
    }
    let (sender, notes) = async_channel::bounded(8);
    let hears = |note| assert_eq!(soon(note, notes.recv()), Ok(note));
    let mut server = TestServer::builder().plugin("watchman", Watchman(sender.clone())).open();
    hears("watching");
    server.adds("watchman", Watchman(sender.clone()));
    // The new one may watch before the old one has been heard.
    let mut both = [(); 2].map(|()| soon("a note", notes.recv()).expect("somebody watches"));
    both.sort_unstable();
    assert_eq!(both, ["told", "watching"]);
    assert!(server.disables("watchman"));
    hears("told");
    server.adds("watchman", Watchman(sender));
    hears("watching");
    // A stop waits for the task, and the task does not wait for its grace to be over.
    assert!(server.stops() < Duration::from_secs(2));
    hears("told");
}
