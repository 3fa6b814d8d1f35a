//! A system that has no memory for a password: it is answered so, and the server goes on. In a process of its own: the limit is the whole process's.

#![cfg(target_os = "linux")]

use rlimit::Resource;
use salotto::PasswordHash;
use salotto_tests::TestServer;

/// What may be asked for beside what there is: less than the 19 MiB of a password, and enough for the thread that would look at it.
const SPARE: u64 = 14 * 1024 * 1024;

/// How much this process has of something.
fn size(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this process is known");
    let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("its size");
    let kibibytes = line.trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().expect("a number") * 1024
}

#[test]
fn a_password_for_which_there_is_no_memory_is_answered_and_the_server_goes_on() {
    let hash = PasswordHash::new("swordfish").expect("it is a password");
    let server =
        TestServer::builder().settings(|settings| settings.server.password = Some(hash)).open();
    let mut ada = server.connects();
    ada.hears_about("What is the password?");
    let (_, most) = Resource::AS.get().expect("there is such a limit");
    Resource::AS.set(size("VmSize:") + SPARE, most).expect("a limit can be lowered");
    ada.says("swordfish");
    ada.hears_about("too many passwords are tried at this moment");
    Resource::AS.set(most, most).expect("a limit can be raised to the hard one");
    // Of what the allocator holds already, none may be written to either.
    let (_, most) = Resource::DATA.get().expect("there is such a limit");
    Resource::DATA.set(size("VmData:") + SPARE, most).expect("a limit can be lowered");
    let error = PasswordHash::new("swordfish").expect_err("there is no memory");
    Resource::DATA.set(most, most).expect("a limit can be raised to the hard one");
    assert_eq!(
        error.to_string(),
        "the password could not be hashed: there are no 19 MiB of memory for it"
    );
    ada.says("swordfish");
    ada.hears_about("What is your name?");
}
