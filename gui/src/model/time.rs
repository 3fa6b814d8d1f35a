//! The clock on the wall: hours, minutes and dates from seconds since 1970 and the zone.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// How far the clock on the wall is ahead of UTC, which in most places depends on the season.
#[derive(Clone)]
pub struct Zone(Arc<dyn Fn(u32) -> i32 + Send + Sync>);

impl Zone {
    /// A zone that is so many seconds ahead at a time, given in seconds since 1970.
    pub fn new(ahead: impl Fn(u32) -> i32 + Send + Sync + 'static) -> Self {
        Self(Arc::new(ahead))
    }

    /// Always so many seconds ahead.
    pub fn fixed(seconds: i32) -> Self {
        Self::new(move |_| seconds)
    }

    fn ahead(&self, time: u32) -> i64 {
        (self.0)(time).into()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Zone")
    }
}

/// Seconds since 1970, as they are kept with a line; good until 2106.
pub fn seconds(time: SystemTime) -> u32 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

/// Which day it is, counted from 1970.
pub fn day(time: u32, zone: &Zone) -> i64 {
    (i64::from(time) + zone.ahead(time)).div_euclid(86_400)
}

/// `09:05`.
pub fn clock(time: u32, zone: &Zone) -> String {
    let minute = (i64::from(time) + zone.ahead(time)).rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `Monday, 23 November 2026`.
pub fn date(time: u32, zone: &Zone) -> String {
    const DAYS: [&str; 7] =
        ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let day = day(time, zone);
    let (year, month, of_month) = civil(day);
    let of_week = DAYS[day.rem_euclid(7) as usize];
    format!("{of_week}, {of_month} {} {year}", MONTHS[month - 1])
}

/// `2026-11-23`.
pub fn iso_date(time: u32, zone: &Zone) -> String {
    let (year, month, of_month) = civil(day(time, zone));
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// Year, month and day of month, by counting.
fn civil(mut day: i64) -> (i64, usize, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while day < 0 {
        year -= 1;
        day += if leap(year) { 366 } else { 365 };
    }
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if day < length {
            break;
        }
        day -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_hours_are_those_of_the_zone() {
        for (time, zone, expected) in [
            (0, 0, "00:00 Thursday, 1 January 1970"),
            (951_782_400, 0, "00:00 Tuesday, 29 February 2000"),
            (1_795_478_399, 3_600, "00:59 Tuesday, 24 November 2026"),
            (1_795_478_399, 0, "23:59 Monday, 23 November 2026"),
            (0, -3_600, "23:00 Wednesday, 31 December 1969"),
        ] {
            let zone = Zone::fixed(zone);
            assert_eq!(format!("{} {}", clock(time, &zone), date(time, &zone)), expected);
        }
        assert_eq!(iso_date(1_795_478_399, &Zone::fixed(0)), "2026-11-23");
    }

    #[test]
    fn each_time_has_the_offset_of_its_season() {
        // Summer ends at 1,000,000.
        let zone = Zone::new(|time| if time < 1_000_000 { 7_200 } else { 3_600 });
        assert_eq!(clock(999_960, &zone), "15:46");
        assert_eq!(clock(1_000_020, &zone), "14:47");
    }
}
