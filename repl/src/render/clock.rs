//! When something happened, as whoever sits at the terminal counts the hours.

use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use salotto::Report;
use salotto::protocol::Timestamp;
use tz::{DateTime, TimeZone};

/// What is older than this is shown with its day.
const A_DAY: Duration = Duration::from_secs(12 * 60 * 60);

/// The time of a report, `14:05`, or `11-24 14:05` where it is long ago; `None` for what has no time.
pub(crate) fn stamp(report: &Report) -> Option<String> {
    let time = match report {
        Report::Entry(entry) => entry.time,
        Report::Direct(salotto::Event::Direct { time, .. }) => *time,
        Report::Action(action) => action.time,
        Report::Server { time, .. } => *time,
        _ => return None,
    };
    shown(time, Timestamp::now(), zone()?)
}

/// How far the local time is from UTC: `UTC+01:00`.
pub(crate) fn offset() -> Option<String> {
    let offset = zone()?.find_current_local_time_type().ok()?.ut_offset();
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    Some(format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

fn shown(time: Timestamp, now: Timestamp, zone: &TimeZone) -> Option<String> {
    let (then, now) = (time.system_time(), now.system_time());
    let seconds = then.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let local = DateTime::from_timespec(seconds.try_into().ok()?, 0, zone.as_ref()).ok()?;
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    let is_old = now.duration_since(then).is_ok_and(|age| age > A_DAY);
    Some(match is_old {
        true => format!("{:02}-{:02} {clock}", local.month(), local.month_day()),
        false => clock,
    })
}

/// That of the system; it is read once.
fn zone() -> Option<&'static TimeZone> {
    static ZONE: OnceLock<Option<TimeZone>> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::local().ok()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_old_ones_have_their_day() {
        let at = |seconds| Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds));
        let zone = TimeZone::fixed(3600).unwrap();
        let noon = 1_767_268_800;
        assert_eq!(shown(at(noon), at(noon + 60), &zone).unwrap(), "13:00");
        assert_eq!(shown(at(noon), at(noon + 90_000), &zone).unwrap(), "01-01 13:00");
    }
}
