//! Sizes and times in messages and tables.

use time::OffsetDateTime;

/// Returns a size with at most three digits: `812 B`, `4.2 kB`, `318 kB`.
pub(crate) fn short_bytes(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut size, mut unit) = (bytes as f64, "");
    for larger in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        (size, unit) = (size / 1000.0, larger);
        // Larger sizes would be rounded to four digits.
        if size < 999.5 {
            break;
        }
    }
    // From 9.95, a size with one decimal place would be rounded up to 10.0.
    if size < 9.95 { format!("{size:.1} {unit}") } else { format!("{size:.0} {unit}") }
}

/// Returns a time as `2026-01-31 14:05`, in UTC. `seconds` is the time since 1970.
pub(crate) fn utc_minute(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    // Only a wrong clock or an edited release file yields a year after 9999.
    let Some(time) = time else { return "unknown".to_owned() };
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{}-{:02}-{:02} {hour:02}:{minute:02}", date.year(), u8::from(date.month()), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_at_most_three_digits() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (4_249, "4.2 kB"),
            (9_949, "9.9 kB"),
            (9_951, "10 kB"),
            (318_400, "318 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (1_200_000, "1.2 MB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(short_bytes(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn times_are_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00"),
            (951_827_696, "2000-02-29 12:34"),
            (1_769_868_359, "2026-01-31 14:05"),
            (253_402_300_799, "9999-12-31 23:59"),
            (253_402_300_800, "unknown"),
            (u64::MAX, "unknown"),
        ] {
            assert_eq!(utc_minute(seconds), text, "{seconds}");
        }
    }
}
