//! How much memory the process takes.

/// Resident memory of this process in bytes, where the system tells (procfs). A matter of some ten microseconds, but a system call all the same:
/// not for hooks.
pub fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}
