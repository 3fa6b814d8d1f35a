//! A server that was halted for a while, as by SIGSTOP, a debugger or a machine that swaps: what came in time counts, however late it is read.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use salotto::{Context, Event, LimitHit, NameDraft, Plugin, Request, Settings, Verdict};
use salotto_tests::{PATIENCE, TestServer, pause};

/// Keeps the server from everything else while it looks at the name `slow`, until it is let go on.
struct Hold {
    begun: Sender<()>,
    over: Receiver<()>,
}

impl Plugin for Hold {
    fn before_name(&mut self, _: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        if draft.name == "slow" {
            let _ = self.begun.send(());
            let _ = self.over.recv_timeout(PATIENCE);
        }
        Verdict::Pass
    }
}

/// A server that can be halted.
struct Halted {
    server: TestServer,
    has_begun: Receiver<()>,
    release: Sender<()>,
}

impl Halted {
    fn open(change: impl FnOnce(&mut Settings)) -> Self {
        let ((begun, has_begun), (release, over)) = (mpsc::channel(), mpsc::channel());
        let server = TestServer::builder()
            .settings(|settings| {
                // The hub and all connections are on one thread, as in a small server.
                settings.server.threads = Some(1);
                change(settings);
            })
            .plugin("hold", Hold { begun, over })
            .open();
        Self { server, has_begun, release }
    }

    /// Does something while the server is halted, for so long.
    fn halted(&self, time: Duration, meanwhile: impl FnOnce()) {
        let mut slow = self.server.connects();
        slow.says("slow");
        self.has_begun.recv_timeout(PATIENCE).expect("it is looked at");
        meanwhile();
        pause(time);
        self.release.send(()).expect("it waits");
        slow.hears_about("* you are in lobby");
    }
}

#[test]
fn a_name_that_came_in_time_counts() {
    let timeout = Duration::from_secs(4);
    let halted = Halted::open(|settings| settings.limits.name_timeout = Some(timeout));
    let mut bob = halted.server.connects();
    bob.hears_about("What is your name?");
    halted.halted(timeout + Duration::from_millis(200), || bob.says("bob"));
    bob.hears_about("* you are in lobby");
    bob.says("here I am");
    bob.hears("bob: here I am");
    assert_eq!(halted.server.hits(LimitHit::NameTimeout), 0);
}

#[test]
fn the_answer_to_a_ping_that_came_in_time_counts() {
    let gone_after = Duration::from_secs(5);
    let halted = Halted::open(|settings| {
        settings.limits.ping_after = Some(Duration::from_secs(1));
        settings.limits.gone_after = Some(gone_after);
    });
    let mut jane = halted.server.enters_json("jane");
    jane.hears_where("a ping", |event| matches!(event, Event::Ping).then_some(()));
    halted.halted(gone_after, || jane.asks(Request::Pong));
    jane.says("here I am");
    jane.hears_said("here I am");
    assert_eq!(halted.server.hits(LimitHit::NoAnswer), 0);
}
