//! Times as people read them at a glance: in the time zone of this machine.

use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use tz::{DateTime, TimeZone};

use crate::protocol::timestamp::Timestamp;

/// What is older than this is shown with its day.
const A_DAY: Duration = Duration::from_secs(12 * 60 * 60);

/// A time by the clock on the wall of this machine, `14:05`, or `11-24 14:05` where it is more than twelve hours before `now`. In UTC where the time zone
/// is not known.
pub fn local_time(time: Timestamp, now: Timestamp) -> String {
    shown(time, now, zone())
}

/// How far the local time is from UTC now: `UTC+01:00`.
pub fn local_offset() -> String {
    let offset = zone().find_current_local_time_type().map_or(0, |current| current.ut_offset());
    let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn shown(time: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, now) = (time.system_time(), now.system_time());
    let seconds = then.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let local = DateTime::from_timespec(seconds, 0, zone.as_ref());
    // A year that no calendar has.
    let Ok(local) = local else { return time.to_string() };
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    match now.duration_since(then).is_ok_and(|age| age > A_DAY) {
        true => format!("{:02}-{:02} {clock}", local.month(), local.month_day()),
        false => clock,
    }
}

/// That of the system; it is read once.
fn zone() -> &'static TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::local().unwrap_or_else(|_| TimeZone::utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_old_ones_have_their_day() {
        let at = |seconds| Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds));
        let zone = TimeZone::fixed(3600).unwrap();
        let noon = 1_767_268_800;
        assert_eq!(shown(at(noon), at(noon + 60), &zone), "13:00");
        assert_eq!(shown(at(noon), at(noon + 90_000), &zone), "01-01 13:00");
    }
}
