//! A server that is told to stop while many come, talk and break off ends in time, and says nothing of errors.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::{Folder, PATIENCE};

/// Who come, talk and break off, over and over.
const CALLERS: usize = 24;
/// Lines that were heard before the server is told to stop, so that it is in the middle of it.
const HEARD: usize = 2_000;
/// How long a caller waits for more: one whose name is not free again yet is told so, and then nothing.
const SILENCE: Duration = Duration::from_millis(300);
/// `server.stop_timeout` of the configuration, and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(10);

/// Comes back under its name until the server is gone.
fn calls(address: SocketAddr, number: usize, heard: &AtomicUsize) {
    while let Ok(stream) = TcpStream::connect(address) {
        // What ends a call, by either side, is no failure: the next one shows whether the server is there.
        let _ = call(stream, number, heard);
    }
}

fn call(mut stream: TcpStream, number: usize, heard: &AtomicUsize) -> std::io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    let lines = BufReader::new(stream.try_clone()?).lines();
    writeln!(stream, "caller{number}\none\ntwo\n!join room{number}\nthree")?;
    for line in lines.take(20) {
        line?;
        heard.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

#[test]
fn a_server_that_is_told_to_stop_in_a_storm_ends_in_time() {
    let folder = Folder::new();
    let limits = "new_connections_per_minute: None, connections_per_address: None, rate: None";
    folder.write(
        "salotto.ron",
        &format!("(limits: ({limits}), plugins: [(name: \"floods\", enabled: false)])"),
    );
    let (mut serve, address) = folder.serve(&[]);
    let heard = AtomicUsize::new(0);
    let (ended, took) = thread::scope(|scope| {
        let heard = &heard;
        for number in 0..CALLERS {
            scope.spawn(move || calls(address, number, heard));
        }
        let started = Instant::now();
        // The callers end with the server, so nothing may fail before.
        while heard.load(Ordering::Relaxed) < HEARD && started.elapsed() < PATIENCE {
            thread::yield_now();
        }
        let told = Instant::now();
        serve.signal(Signal::TERM);
        (serve.wait(), told.elapsed())
    });
    assert!(heard.load(Ordering::Relaxed) >= HEARD, "nobody gets in");
    assert_eq!(ended.status, 0, "{}", ended.err);
    assert!(took < IN_TIME, "it took {took:?}");
    assert!(!ended.err.contains("ERROR") && !ended.err.contains("panicked"), "{}", ended.err);
    // What it kept is whole, and the place is free for the next.
    let check = folder.run(&["check"], "");
    assert!(check.out.contains("the database `salotto.db` is fine"), "{} {}", check.out, check.err);
    let (_serve, _) = folder.serve(&[]);
}
