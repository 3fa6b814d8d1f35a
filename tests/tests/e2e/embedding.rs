//! A server inside a program: on the program's executor, with members that are code.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use salotto::protocol::ErrorCode;
use salotto::{Context, EntryKind, Event, JoinError, Participant, Plugin, Report, Request, Server};
use salotto_tests::json::say;
use salotto_tests::{PATIENCE, TestServer, soon};
use smol::future::FutureExt;
use smol::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use smol::net::TcpStream;
use smol::{Executor, Timer};

/// What a participant hears next that was said.
async fn next_said(participant: &mut Participant) -> Option<String> {
    loop {
        if let Event::Entry(entry) = participant.next().await?
            && let EntryKind::Message { from, text, .. } = entry.what
        {
            return Some(format!("{from}: {text}"));
        }
    }
}

/// A person with a socket, on the executor of the program: says a line and returns what came back up to it.
async fn visits(address: SocketAddr, name: &str, line: &str) -> std::io::Result<Vec<String>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{name}\n{line}\n").as_bytes()).await?;
    let mut reader = BufReader::new(stream);
    let mut heard = Vec::new();
    loop {
        let mut next = String::new();
        if reader.read_line(&mut next).await? == 0 {
            return Ok(heard);
        }
        // The greeting, where a busy machine made a silence before the name.
        if !next.contains("What is your name?") {
            heard.push(next.trim_end().to_owned());
        }
        if next.trim_end() == format!("{name}: {line}") {
            return Ok(heard);
        }
    }
}

#[test]
fn a_server_runs_on_the_executor_of_the_program_and_one_thread() {
    let executor = Arc::new(Executor::new());
    let program = async {
        let server =
            Server::builder().listen(["127.0.0.1:0"]).executor(executor.clone()).start().unwrap();
        let mut bot = server.handle().join("bot").await.unwrap();
        let heard = visits(server.addresses()[0], "ada", "hello").await.unwrap();
        assert_eq!(heard[0], "* you are in lobby with ada, bot");
        assert_eq!(next_said(&mut bot).await.as_deref(), Some("ada: hello"));
        server.stop().await;
        assert!(next_said(&mut bot).await.is_none());
    };
    soon("the program", executor.run(program));
    // Everything of the server has ended: nothing is left on the executor.
    while executor.try_tick() {}
    assert!(executor.is_empty());
}

#[test]
fn a_server_that_is_dropped_leaves_nothing_on_the_executor_of_the_program() {
    let executor = Arc::new(Executor::new());
    let program = async {
        let server =
            Server::builder().listen(["127.0.0.1:0"]).executor(executor.clone()).start().unwrap();
        let address = server.addresses()[0];
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"ada\n").await.unwrap();
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).await.unwrap();
        assert_eq!(line, "* you are in lobby with ada\n");
        drop(server);
        // She is told or not, but the connection ends.
        loop {
            line.clear();
            match lines.read_line(&mut line).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => break,
            }
        }
        TcpStream::connect(address).await.expect_err("nobody listens any more");
    };
    soon("the program", executor.run(program));
    while executor.try_tick() {}
    assert!(executor.is_empty());
}

#[test]
fn a_task_of_a_plugin_that_panics_does_not_harm_the_program() {
    struct Careless;
    impl Plugin for Careless {
        fn start(&mut self, context: &mut Context<'_>) {
            context.spawn(async { panic!("a task went wrong") });
        }
    }
    let executor = Arc::new(Executor::new());
    let program = async {
        let server = Server::builder()
            .listen(["127.0.0.1:0"])
            .plugin("careless", Careless)
            .executor(executor.clone())
            .start()
            .unwrap();
        let heard = visits(server.addresses()[0], "ada", "hello").await.unwrap();
        assert_eq!(heard, ["* you are in lobby with ada", "ada: hello"]);
        server.stop().await;
    };
    soon("the program", executor.run(program));
}

#[test]
fn a_participant_is_a_member_like_everybody() {
    let server = TestServer::builder().enable("notices").enable("quit").open();
    let mut ada = server.enters("ada");
    let mut bot = soon("joining", server.handle().join("bot")).unwrap();
    ada.hears("* bot joined");
    soon("saying", bot.say("good evening")).unwrap();
    ada.hears("bot: good evening");
    ada.says("hello bot");
    let heard = soon("hearing", async { (next_said(&mut bot).await, next_said(&mut bot).await) });
    assert_eq!(heard, (Some("bot: good evening".into()), Some("ada: hello bot".into())));
    soon("typing", bot.type_line("!quit so long")).unwrap();
    ada.hears("* bot left (quit: so long)");
    soon("the end", async { while bot.next().await.is_some() {} });

    let refused = soon("a refusal", server.handle().join("ADA"));
    let Err(JoinError::Refused(refusal)) = refused else {
        panic!("the name is taken");
    };
    assert_eq!(refusal.code, ErrorCode::NameTaken);

    // One that is dropped has left.
    drop(soon("joining", server.handle().join("guest")).unwrap());
    ada.hears("* guest joined");
    ada.hears("* guest left (quit)");
    assert_eq!(server.status().connected, 1);
}

#[test]
fn a_participant_that_takes_nothing_is_cut_off_and_the_room_goes_on() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.rooms.timeline_entries = 16;
            settings.limits.mailbox = Some(16);
        })
        .open();
    let mut lazy = soon("joining", server.handle().join("lazy")).unwrap();
    let mut ada = server.enters("ada");
    for line in 0..100 {
        ada.says(&line.to_string());
        ada.hears(&format!("ada: {line}"));
    }
    soon("the end", async { while lazy.next().await.is_some() {} });
    server.waits_until("it is out", |status| status.members == 1);
    let mut lazy = soon("joining", server.handle().join("lazy")).unwrap();
    // Bounded, if by more than the mailbox of one whose socket is full.
    let told = (0..20_000).find(|_| {
        let told = soon("telling", server.handle().direct("lazy", "are you there?"));
        told.is_err()
    });
    assert!(told.is_some(), "all of it waits for one that takes nothing");
    soon("the end", async { while lazy.next().await.is_some() {} });
}

#[test]
fn a_participant_that_takes_what_it_is_told_stays_however_much_it_is() {
    let server =
        TestServer::builder().settings(|settings| settings.limits.mailbox = Some(16)).open();
    let mut bot = soon("joining", server.handle().join("bot")).unwrap();
    for number in 0..3000 {
        let text = number.to_string();
        soon("telling", server.handle().direct("bot", &text)).unwrap();
        soon("hearing", async {
            while !matches!(bot.next().await.unwrap(), Event::Direct { text: heard, .. } if heard == text)
            {
            }
        });
    }
    assert_eq!(server.status().members, 1);
}

#[test]
fn a_participant_learns_that_its_server_was_dropped() {
    let mut server = TestServer::open();
    let mut bot = soon("joining", server.handle().join("bot")).unwrap();
    std::thread::scope(|scope| {
        let ended = scope.spawn(|| {
            let end = async {
                while bot.next().await.is_some() {}
                true
            };
            let late = async {
                Timer::after(PATIENCE).await;
                false
            };
            smol::block_on(end.or(late))
        });
        server.drops();
        assert!(ended.join().unwrap(), "it still waits");
    });
}

#[test]
fn a_join_that_is_given_up_leaves_nobody_behind() {
    let server = TestServer::open();
    for polls in 1..6 {
        let handle = server.handle();
        let mut join = Box::pin(handle.join("ghost"));
        for _ in 0..polls {
            if smol::block_on(smol::future::poll_once(&mut join)).is_some() {
                break;
            }
        }
        drop(join);
        server.waits_until("nobody is there", |status| status.connected == 0);
    }
}

#[test]
fn everything_the_console_does_can_be_done_from_code() {
    let server = TestServer::builder().enable("notices").open();
    let handle = server.handle();
    let mut reports = handle.watch();
    let mut ada = server.enters("ada");
    soon("all of it", async {
        handle.say("lobby", "from the operator").await.unwrap();
        handle.direct("ADA", "for you alone").await.unwrap();
        let lobby = handle.rooms().await.unwrap()[0].room.clone();
        handle.notice(&lobby, "dinner\nis ready").await.unwrap();
        handle.say("nowhere", "hello").await.unwrap_err();
        handle.direct("nobody", "hello").await.unwrap_err();
        let members = handle.members().await.unwrap();
        assert_eq!(members[0].name.as_ref().map(|name| name.as_str()), Some("ada"));
        handle.kick("nobody", "").await.unwrap_err();
        handle.kick("ada", "good night").await.unwrap();
    });
    ada.hears("host: from the operator");
    ada.hears("[host to ada] for you alone");
    ada.hears("* dinner");
    ada.hears("* is ready");
    ada.hears("* goodbye (kicked by host: good night)");
    ada.hears_eof();
    soon("the report of it", async {
        loop {
            if let Report::Disconnected { name: Some(name), .. } = reports.next().await.unwrap() {
                return assert_eq!(name, "ada");
            }
        }
    });
    let status = server.status();
    assert_eq!((status.members, status.connections, status.messages), (0, 1, 2));
}

#[test]
fn hook_calls_can_be_traced() {
    let server = TestServer::builder().enable("notices").open();
    let handle = server.handle();
    let mut reports = handle.watch();
    let tracing = handle.trace();
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("ada: hello");
    let mut hooks = Vec::new();
    soon("the trace", async {
        while !hooks.contains(&"after_said".to_owned()) {
            if let Report::Trace { plugin, hook, .. } = reports.next().await.unwrap() {
                assert_eq!(plugin, "notices");
                hooks.push(hook.to_string());
            }
        }
    });
    for hook in ["before_connect", "before_name", "after_joined", "before_message"] {
        assert!(hooks.contains(&hook.to_owned()), "{hook} in {hooks:?}");
    }
    drop(tracing);
    ada.says("bye");
    ada.hears("ada: bye");
    while let Ok(report) = reports.try_next() {
        // What was called before the trace ended may still be in the queue.
        if let Report::Entry(entry) = report
            && matches!(&entry.what, EntryKind::Message { text, .. } if text == "bye")
        {
            return;
        }
    }
    panic!("the entry is reported in any case");
}

#[test]
fn a_slow_hook_is_named() {
    let server = TestServer::builder()
        .settings(|settings| settings.server.slow_hook = Duration::from_millis(1))
        .plugin(
            "sleepy",
            salotto::plugin::before_message(|_, _| {
                salotto_tests::pause(Duration::from_millis(5));
                salotto::Verdict::Pass
            }),
        )
        .open();
    let mut reports = server.handle().watch();
    let mut ada = server.enters_json("ada");
    ada.asks(say("hello"));
    ada.hears_said("hello");
    ada.asks(Request::Ping);
    let (plugin, took) = soon("the report", async {
        loop {
            if let Report::SlowHook { plugin, took, .. } = reports.next().await.unwrap() {
                return (plugin, took);
            }
        }
    });
    assert_eq!(plugin, "sleepy");
    assert!(took >= Duration::from_millis(5), "{took:?}");
}
