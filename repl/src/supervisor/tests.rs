use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};

use salotto::{Catalog, Context, Invocation, Plugin};

use super::*;

/// Long enough for a slow machine; nothing waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// A plugin whose command blocks the server until it is released.
struct Holder {
    holds: Sender<()>,
    release: Receiver<()>,
}

impl Plugin for Holder {
    fn commands(&self) -> Vec<Command> {
        vec![Command::new("hold", "Blocks the server")]
    }

    fn run_command(&mut self, _: &mut Context<'_>, _: &Invocation) -> Result<Reply, CommandError> {
        self.holds.send(()).unwrap();
        self.release.recv().unwrap();
        Ok(Reply::Done)
    }
}

fn supervisor(folder: &tempfile::TempDir, catalog: Catalog) -> Supervisor {
    let file = folder.path().join("salotto.ron");
    std::fs::write(&file, "(server: (listen: []), store: (file: None))").unwrap();
    let source = Source::new(Some(file), catalog, Vec::new());
    Supervisor::new(source, Vec::new(), ControlSettings::default(), Diagnostics::none())
}

#[test]
fn a_blocked_server_is_noticed_and_a_stopped_one_is_not_blamed() {
    let ((holds, held), (let_go, release)) = (mpsc::channel(), mpsc::channel());
    let holder = Mutex::new(Some(Holder { holds, release }));
    let catalog = Catalog::new().with("holder", move |_| {
        let holder = holder.lock().unwrap().take().ok_or("there is only one")?;
        Ok(Box::new(holder))
    });
    let folder = tempfile::tempdir().unwrap();
    let supervisor = supervisor(&folder, catalog);
    smol::block_on(async {
        assert!(supervisor.answers_within(PATIENCE).await);
        supervisor.start().await.unwrap();
        assert!(supervisor.answers_within(PATIENCE).await);
        let (view, _feed) = supervisor.view(Front::new("a test"), None).await;
        supervisor.execute(&view, "plugins enable holder", ReplyFormat::Typed).await.unwrap();
        std::thread::scope(|scope| {
            let held_up = scope
                .spawn(|| smol::block_on(supervisor.execute(&view, "hold", ReplyFormat::Typed)));
            held.recv().unwrap();
            let answers = smol::block_on(supervisor.answers_within(Duration::from_millis(20)));
            assert!(!answers);
            let_go.send(()).unwrap();
            held_up.join().unwrap().unwrap();
        });
        assert!(supervisor.answers_within(PATIENCE).await);
        supervisor.shut_down().await;
        assert!(supervisor.answers_within(PATIENCE).await);
        assert_eq!(supervisor.addresses(), None);
    });
}

#[test]
fn typed_data_is_given_for_a_bare_command_and_the_reply_for_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let supervisor = supervisor(&folder, Catalog::new());
    smol::block_on(async {
        supervisor.start().await.unwrap();
        let (view, _feed) = supervisor.view(Front::new("a test"), None).await;
        let data = async |line: &str| match supervisor.execute(&view, line, ReplyFormat::Json).await
        {
            Ok(Outcome::Data(value)) => value,
            other => panic!("{other:?}"),
        };
        assert_eq!(data("users").await, serde_json::json!([]));
        assert_eq!(data("rooms").await[0]["room"], "lobby");
        assert!(data("help rooms").await.is_string());
        assert_eq!(data("limits").await, serde_json::json!([]));
        assert!(supervisor.execute(&view, "users all", ReplyFormat::Json).await.is_err());
    });
}
