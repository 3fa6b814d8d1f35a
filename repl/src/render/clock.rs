//! When something happened, as whoever sits at the terminal counts the hours.

use salotto::Report;
use salotto::protocol::{Timestamp, local_time};

/// The time of a report, `14:05`, or `11-24 14:05` where it is long ago; `None` for what has no time.
pub(crate) fn stamp(report: &Report) -> Option<String> {
    let time = match report {
        Report::Entry(entry) => entry.time,
        Report::Direct(salotto::Event::Direct { time, .. }) => *time,
        Report::Action(action) => action.time,
        Report::Server { time, .. } => *time,
        _ => return None,
    };
    Some(local_time(time, Timestamp::now()))
}
