//! Each password that is looked at takes 19 MiB, which the system has back afterwards. In a process of its own: it is the whole process that is measured.

use salotto::PasswordHash;
use salotto_tests::TestServer;
use salotto_tests::memory::resident;

/// What may be left of them all: less than one has.
const BOUND: u64 = 12 * 1024 * 1024;

#[test]
fn passwords_that_were_looked_at_leave_no_memory_behind() {
    let hash = PasswordHash::new("swordfish").expect("it is a password");
    let server =
        TestServer::builder().settings(|settings| settings.server.password = Some(hash)).open();
    let mut ada = server.connects();
    ada.hears_about("What is the password?");
    let Some(before) = resident() else {
        return;
    };
    for round in 0..4 {
        let mut guests: Vec<_> = (0..8).map(|_| server.connects()).collect();
        for (number, guest) in guests.iter_mut().enumerate() {
            guest.says(&format!("swordfish\nguest{round}{number}"));
        }
        for guest in &mut guests {
            guest.hears_about("* you are in lobby");
        }
    }
    let after = resident().expect("it was told before");
    assert!(after < before + BOUND, "{before} bytes before, {after} bytes after");
}
