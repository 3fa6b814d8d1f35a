use salotto::Plugin;
use salotto::plugin::Nothing;
use salotto::{Catalog, Command, Context, EntryKind, Invocation, Reply, Report};
use tempfile::TempDir;

use super::*;
use crate::control::Hello;
use crate::control::protocol::{ClientMessage, ServerMessage};
use crate::logging::Diagnostics;
use crate::settings::{ControlSettings, Source};
use crate::supervisor::{Leave, Watch};

/// A server that is running, with nobody in it.
struct TestServer {
    service: ControlService,
    supervisor: Arc<Supervisor>,
    _folder: TempDir,
}

/// A plugin with a command for the operator.
struct Dancer;

impl Plugin for Dancer {
    fn commands(&self) -> Vec<Command> {
        vec![Command::new("dance", "Dances")]
    }

    fn run_command(
        &mut self,
        _: &mut Context<'_>,
        _: &Invocation,
    ) -> Result<Reply, salotto::CommandError> {
        Ok(Reply::text("la la"))
    }
}

async fn server() -> TestServer {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("salotto.ron");
    std::fs::write(&file, "(server: (listen: []), store: (file: None))").unwrap();
    let catalog = Catalog::new()
        .with("dancer", |_| Ok(Box::new(Dancer)))
        .with("nothing", |_| Ok(Box::new(Nothing)));
    let source = Source::new(Some(file), catalog, Vec::new());
    let supervisor =
        Supervisor::new(source, Vec::new(), ControlSettings::default(), Diagnostics::none());
    let supervisor = Arc::new(supervisor);
    supervisor.start().await.unwrap();
    TestServer {
        service: ControlService::start(supervisor.clone()).unwrap(),
        supervisor,
        _folder: folder,
    }
}

async fn front(server: &TestServer, watch: Option<Watch>) -> Client {
    let client = server.service.connect("a test");
    client.handshake(Hello { watch, operator: None }).await.unwrap();
    assert!(matches!(client.next().await, Some(ServerMessage::Commands { .. })));
    client
}

/// Executes a line, and returns the messages up to its answer.
async fn run(client: &mut Client, line: &str) -> Vec<ServerMessage> {
    let sent = client.run(line, false).await;
    let mut messages = Vec::new();
    loop {
        let message = client.next().await.unwrap();
        let is_answer = match &message {
            ServerMessage::Done { id, .. }
            | ServerMessage::Failed { id, .. }
            | ServerMessage::Leave { id, .. } => *id == sent,
            _ => false,
        };
        messages.push(message);
        if is_answer {
            return messages;
        }
    }
}

/// What was said, if this reports that.
fn said(message: &ServerMessage) -> Option<&str> {
    let ServerMessage::Report { report } = message else {
        return None;
    };
    match &**report {
        Report::Entry(entry) => match &entry.what {
            EntryKind::Message { text, .. } => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// How many reports were lost, if this reports that.
fn lost(message: &ServerMessage) -> Option<u64> {
    match message {
        ServerMessage::Report { report } => match **report {
            Report::Lost(count) => Some(count),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn what_a_command_caused_is_reported_before_its_answer_and_to_others_too() {
    smol::block_on(async {
        let server = server().await;
        let mut one = front(&server, Some(Watch::Talk)).await;
        let other = front(&server, Some(Watch::Talk)).await;
        let blind = front(&server, None).await;
        let messages = run(&mut one, "say hello").await;
        assert_eq!(said(&messages[0]), Some("hello"), "{messages:?}");
        assert!(
            matches!(messages[1], ServerMessage::Done { reply: Reply::Done, .. }),
            "{messages:?}"
        );
        assert_eq!(said(&other.next().await.unwrap()), Some("hello"));
        server.supervisor.shut_down().await;
        assert!(matches!(blind.next().await, Some(ServerMessage::Bye { .. })));
    });
}

#[test]
fn a_front_that_reads_nothing_holds_up_no_other_and_loses_the_oldest_reports() {
    smol::block_on(async {
        let server = server().await;
        let mut stuck = front(&server, Some(Watch::Talk)).await;
        let mut other = front(&server, None).await;
        for number in 0..3000 {
            run(&mut other, &format!("say {number}")).await;
        }
        let messages = run(&mut stuck, "watch").await;
        let heard: Vec<&str> = messages.iter().filter_map(said).collect();
        assert_eq!((heard.first(), heard.last()), (Some(&"0"), Some(&"2999")));
        // What the channel holds, what the session holds, and what the server keeps for a watcher; how many were missed is no message.
        assert!(heard.len() <= 64 + 1 + 1024, "{} were kept", heard.len());
        // In the place of what is missing stands how much it is; actions and messages that this front does not show are counted too.
        let lost: u64 = messages.iter().filter_map(lost).sum();
        assert!(lost as usize + heard.len() >= 3000, "{lost} and {}", heard.len());
    });
}

#[test]
fn a_command_is_done_even_if_its_front_has_gone() {
    smol::block_on(async {
        let server = server().await;
        let other = front(&server, Some(Watch::Talk)).await;
        let mut gone = front(&server, None).await;
        gone.run("say so long", false).await;
        drop(gone);
        assert_eq!(said(&other.next().await.unwrap()), Some("so long"));
    });
}

#[test]
fn new_commands_are_sent_before_what_comes_after() {
    smol::block_on(async {
        let server = server().await;
        let mut client = front(&server, None).await;
        assert!(matches!(&run(&mut client, "dance").await[..], [ServerMessage::Failed { .. }]));
        let messages = run(&mut client, "plugins enable dancer").await;
        let [ServerMessage::Commands { commands }, ServerMessage::Done { .. }] = &messages[..]
        else {
            panic!("{messages:?}");
        };
        assert!(commands.iter().any(|command| command.path == "dance"));
        client
            .requests()
            .send(ClientMessage::Complete { id: 7, line: "dan".into() })
            .await
            .unwrap();
        let words = ServerMessage::Words { id: 7, start: 0, words: vec!["dance".into()] };
        assert_eq!(client.next().await, Some(words));
        assert!(matches!(&run(&mut client, "stop").await[..], [.., ServerMessage::Done { .. }]));
    });
}

#[test]
fn a_shutdown_from_one_front_ends_all_and_is_final() {
    smol::block_on(async {
        let server = server().await;
        let mut one = front(&server, None).await;
        let other = front(&server, None).await;
        let messages = run(&mut one, "shutdown").await;
        assert!(
            matches!(&messages[..], [ServerMessage::Leave { how: Leave::Shutdown, .. }]),
            "{messages:?}"
        );
        for client in [&one, &other] {
            assert!(matches!(client.next().await, Some(ServerMessage::Bye { .. })));
            assert_eq!(client.next().await, None);
        }
        let late = front(&server, None).await;
        assert!(matches!(late.next().await, Some(ServerMessage::Bye { .. })));
        assert_eq!(
            server.supervisor.start().await.unwrap_err().to_string(),
            "the program is about to end"
        );
        server.service.stop().await;
    });
}

#[test]
fn the_end_does_not_wait_for_a_front_that_reads_nothing() {
    smol::block_on(async {
        let server = server().await;
        let _stuck = front(&server, Some(Watch::Talk)).await;
        let mut other = front(&server, None).await;
        for _ in 0..200 {
            run(&mut other, "say hello").await;
        }
        server.supervisor.shut_down().await;
        server.service.stop().await;
        while other.next().await.is_some() {}
    });
}

#[test]
fn a_wrong_hello_is_answered_with_the_reason_and_ends_the_session() {
    smol::block_on(async {
        let server = server().await;
        for (hello, reason) in [
            (
                ClientMessage::Hello { protocol: 99, watch: None, operator: None },
                "this server speaks version 1 and not 99",
            ),
            (
                ClientMessage::Run { id: 1, line: "status".into(), json: false },
                r#"the first line must be {"type":"hello","protocol":1}"#,
            ),
        ] {
            let client = server.service.connect("a test");
            client.requests().send(hello).await.unwrap();
            assert!(matches!(client.next().await, Some(ServerMessage::Hello { protocol: 1, .. })));
            assert_eq!(client.next().await, Some(ServerMessage::Bye { reason: reason.into() }));
            assert_eq!(client.next().await, None);
        }
    });
}
