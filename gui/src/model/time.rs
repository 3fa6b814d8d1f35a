//! The clock on the wall: hours, minutes and dates from seconds since 1970 and what the zone is ahead of UTC.

use std::time::SystemTime;

/// Seconds since 1970, as they are kept with a line; good until 2106.
pub fn seconds(time: SystemTime) -> u32 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

/// Which day it is, counted from 1970.
pub fn day(time: u32, zone: i32) -> i64 {
    (i64::from(time) + i64::from(zone)).div_euclid(86_400)
}

/// `09:05`.
pub fn clock(time: u32, zone: i32) -> String {
    let minute = (i64::from(time) + i64::from(zone)).rem_euclid(86_400) / 60;
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `Monday, 23 November 2026`.
pub fn date(time: u32, zone: i32) -> String {
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
            assert_eq!(format!("{} {}", clock(time, zone), date(time, zone)), expected);
        }
    }
}
