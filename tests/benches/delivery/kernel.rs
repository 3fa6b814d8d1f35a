//! What the kernel can tell of a server, by way of the tools that ask it: `ss` for its writes.

use std::net::SocketAddr;
use std::process::Command;

/// How many segments with data the sockets of a server have sent: on loopback one for each write, as long as the receiver reads. `None`
/// where `ss` is not installed.
pub(crate) fn segments(server: SocketAddr) -> Option<u64> {
    let filter = format!("sport = :{}", server.port());
    let output = Command::new("ss").args(["-tniH", &filter]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let counts = text.split_whitespace().filter_map(|word| word.strip_prefix("data_segs_out:"));
    let segments: u64 = counts.filter_map(|count| count.parse::<u64>().ok()).sum();
    (segments > 0).then_some(segments)
}
