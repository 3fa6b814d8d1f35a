use salotto::Plugin;
use salotto::plugin::Nothing;
use salotto::{Catalog, Command, Context, EntryKind, Invocation, Reply, Report};
use tempfile::TempDir;

use super::*;
use crate::control::protocol::{Ask, Tell};
use crate::logging::Diagnostics;
use crate::settings::{ControlSettings, Source};
use crate::supervisor::{Leave, Watch};

/// A server that is running, with nobody in it.
struct TestServer {
    office: Office,
    supervisor: Arc<Supervisor>,
    _folder: TempDir,
}

/// A plugin that answers to the operator.
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
    std::fs::write(&file, "(server: (listen: []))").unwrap();
    let catalog = Catalog::new()
        .with("dancer", |_| Ok(Box::new(Dancer)))
        .with("nothing", |_| Ok(Box::new(Nothing)));
    let source = Source::new(Some(file), catalog, Vec::new());
    let supervisor =
        Supervisor::new(source, Vec::new(), ControlSettings::default(), Diagnostics::none());
    let supervisor = Arc::new(supervisor);
    supervisor.open().await.unwrap();
    TestServer { office: Office::open(supervisor.clone()).unwrap(), supervisor, _folder: folder }
}

async fn front(server: &TestServer, watch: Option<Watch>) -> Client {
    let client = server.office.connect("a test");
    client.meet(watch).await.unwrap();
    assert!(matches!(client.next().await, Some(Tell::Commands { .. })));
    client
}

/// Executes a line, and returns what was told up to its answer.
async fn run(client: &mut Client, line: &str) -> Vec<Tell> {
    let asked = client.run(line, false).await;
    let mut told = Vec::new();
    loop {
        let tell = client.next().await.unwrap();
        let is_answer = match &tell {
            Tell::Done { id, .. } | Tell::Failed { id, .. } | Tell::Leave { id, .. } => {
                *id == asked
            }
            _ => false,
        };
        told.push(tell);
        if is_answer {
            return told;
        }
    }
}

/// What was said, if that is what was told.
fn said(tell: &Tell) -> Option<&str> {
    let Tell::Report { report } = tell else {
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

#[test]
fn what_a_line_brought_about_is_told_before_its_answer_and_to_others_too() {
    smol::block_on(async {
        let server = server().await;
        let mut one = front(&server, Some(Watch::Talk)).await;
        let other = front(&server, Some(Watch::Talk)).await;
        let blind = front(&server, None).await;
        let told = run(&mut one, "say hello").await;
        assert_eq!(said(&told[0]), Some("hello"), "{told:?}");
        assert!(matches!(told[1], Tell::Done { reply: Reply::Done, .. }), "{told:?}");
        assert_eq!(said(&other.next().await.unwrap()), Some("hello"));
        server.supervisor.retire().await;
        assert!(matches!(blind.next().await, Some(Tell::Bye { .. })));
    });
}

#[test]
fn a_front_that_takes_nothing_holds_up_no_other_and_forgets_the_oldest() {
    smol::block_on(async {
        let server = server().await;
        let mut stuck = front(&server, Some(Watch::Talk)).await;
        let mut other = front(&server, None).await;
        for number in 0..3000 {
            run(&mut other, &format!("say {number}")).await;
        }
        let told = run(&mut stuck, "watch").await;
        let heard: Vec<&str> = told.iter().filter_map(said).collect();
        assert_eq!((heard.first(), heard.last()), (Some(&"0"), Some(&"2999")));
        // What the line holds, what the desk holds, and what the server keeps for one who watches.
        assert!(heard.len() <= 64 + 1 + 1024, "{} were kept", heard.len());
    });
}

#[test]
fn what_was_asked_is_done_also_for_a_front_that_has_gone() {
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
fn new_commands_are_told_before_what_comes_after() {
    smol::block_on(async {
        let server = server().await;
        let mut client = front(&server, None).await;
        assert!(matches!(&run(&mut client, "dance").await[..], [Tell::Failed { .. }]));
        let told = run(&mut client, "plugins enable dancer").await;
        let [Tell::Commands { commands }, Tell::Done { .. }] = &told[..] else {
            panic!("{told:?}");
        };
        assert!(commands.iter().any(|command| command.path == "dance"));
        client.asks().send(Ask::Complete { id: 7, line: "dan".into() }).await.unwrap();
        let words = Tell::Words { id: 7, start: 0, words: vec!["dance".into()] };
        assert_eq!(client.next().await, Some(words));
        assert!(matches!(&run(&mut client, "stop").await[..], [.., Tell::Done { .. }]));
    });
}

#[test]
fn a_shutdown_from_one_front_is_told_to_all_and_is_for_good() {
    smol::block_on(async {
        let server = server().await;
        let mut one = front(&server, None).await;
        let other = front(&server, None).await;
        let told = run(&mut one, "shutdown").await;
        assert!(matches!(&told[..], [Tell::Leave { how: Leave::Shutdown, .. }]), "{told:?}");
        for client in [&one, &other] {
            assert!(matches!(client.next().await, Some(Tell::Bye { .. })));
            assert_eq!(client.next().await, None);
        }
        let late = front(&server, None).await;
        assert!(matches!(late.next().await, Some(Tell::Bye { .. })));
        assert_eq!(
            server.supervisor.open().await.unwrap_err().to_string(),
            "the program is about to end"
        );
        server.office.close().await;
    });
}

#[test]
fn the_end_does_not_wait_for_a_front_that_takes_nothing() {
    smol::block_on(async {
        let server = server().await;
        let _stuck = front(&server, Some(Watch::Talk)).await;
        let mut other = front(&server, None).await;
        for _ in 0..200 {
            run(&mut other, "say hello").await;
        }
        server.supervisor.retire().await;
        server.office.close().await;
        while other.next().await.is_some() {}
    });
}

#[test]
fn whoever_does_not_say_the_right_hello_is_told_and_let_go() {
    smol::block_on(async {
        let server = server().await;
        for (ask, reason) in [
            (Ask::Hello { protocol: 99, watch: None }, "this server speaks version 1 and not 99"),
            (
                Ask::Run { id: 1, line: "status".into(), json: false },
                r#"the first line must be {"type":"hello","protocol":1}"#,
            ),
        ] {
            let client = server.office.connect("a test");
            client.asks().send(ask).await.unwrap();
            assert!(matches!(client.next().await, Some(Tell::Hello { protocol: 1, .. })));
            assert_eq!(client.next().await, Some(Tell::Bye { reason: reason.into() }));
            assert_eq!(client.next().await, None);
        }
    });
}
