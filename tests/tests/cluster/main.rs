//! Several servers that share rooms through a real Redis. `SALOTTO_TEST_CLUSTER=1` has them run, where `redis-server` is installed; `tests/cluster.sh` installs it.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "helpers of tests, which wait for other processes by looking again, and show what they found"
)]

mod engine;
mod faults;
mod node;
mod order;
mod proxy;
mod servers;
mod shared;
mod talker;

/// Whether these tests are to run.
fn is_wanted() -> bool {
    let is_wanted = std::env::var_os("SALOTTO_TEST_CLUSTER").is_some();
    if !is_wanted {
        eprintln!("skipped: SALOTTO_TEST_CLUSTER=1 runs it, with redis-server installed");
    }
    is_wanted
}
