//! Durations in settings, and the current time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{error::Error, quote::quoted};

/// The units of a duration, in seconds.
const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

/// Parses a duration: a whole number with a unit, such as `7d`, `12h`, `30m`, `45s` or `2w`, or `0` without a unit.
///
/// ```
/// use std::time::Duration;
///
/// assert_eq!(fingerpost::__private::parse_duration("7d")?, Duration::from_secs(7 * 24 * 60 * 60));
/// assert_eq!(fingerpost::__private::parse_duration("0")?, Duration::ZERO);
/// # Ok::<(), fingerpost::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for other text.
pub fn parse_duration(text: &str) -> Result<Duration, Error> {
    let seconds = if text == "0" { Some(0) } else { seconds(text) };
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let advice = "write a whole number and a unit, such as `7d`, `12h`, `30m`, `45s`, or `0`";
        Error::config(format!("duration {} is invalid; {advice}", quoted(text)))
    })
}

/// Returns the time since 1970, or 0 if the clock is set to an earlier time.
pub fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn seconds(text: &str) -> Option<u64> {
    let (number, unit) =
        UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, seconds)))?;
    // Parsing a `u64` would accept a plus sign.
    let digits = number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number)?;
    digits.parse::<u64>().ok()?.checked_mul(*unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_a_whole_number_with_a_unit() {
        for (text, seconds) in [
            ("0", 0),
            ("0d", 0),
            ("45s", 45),
            ("30m", 1_800),
            ("12h", 43_200),
            ("7d", 604_800),
            ("2w", 1_209_600),
        ] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for text in [
            "",
            "7",
            "d",
            "+7d",
            "-7d",
            "7 d",
            "7D",
            "1.5d",
            "1d12h",
            "7days",
            "0x1d",
            "18446744073709551615w",
        ] {
            let message = parse_duration(text).unwrap_err().to_string();
            assert_eq!(
                message,
                format!(
                    "duration `{text}` is invalid; write a whole number and a unit, such as `7d`, `12h`, `30m`, `45s`, or `0`"
                )
            );
        }
    }
}
