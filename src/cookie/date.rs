//! Cookie dates (RFC 6265bis section 5.1.1).
//!
//! The algorithm takes tokens in any order and forgives nearly everything, because servers write
//! dates in dozens of ways. Time zones are ignored: a cookie date is always UTC.

use crate::time::Timestamp;
use jiff::civil::DateTime;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The parts of a date found so far; the first token that fits a part wins it.
#[derive(Default)]
struct Parts {
    time: Option<(i8, i8, i8)>,
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
}

/// The instant that `text` names, or `None` where RFC 6265bis says to ignore the attribute.
pub fn parse_cookie_date(text: &[u8]) -> Option<Timestamp> {
    let mut parts = Parts::default();
    for token in text.split(|&b| is_delimiter(b)).filter(|token| !token.is_empty()) {
        parts.take(token);
    }
    parts.instant()
}

impl Parts {
    fn take(&mut self, token: &[u8]) {
        if self.time.is_none() {
            self.time = time_of_day(token);
            if self.time.is_some() {
                return;
            }
        }
        if self.day.is_none() {
            self.day = leading_number(token, 1, 2).and_then(|day| i8::try_from(day).ok());
            if self.day.is_some() {
                return;
            }
        }
        if self.month.is_none() {
            self.month = month(token);
            if self.month.is_some() {
                return;
            }
        }
        if self.year.is_none() {
            self.year = leading_number(token, 2, 4).map(full_year);
        }
    }

    fn instant(&self) -> Option<Timestamp> {
        const FIRST_YEAR: i16 = 1601;
        let (hour, minute, second) = self.time?;
        let year = self.year.filter(|&year| year >= FIRST_YEAR)?;
        // A leap second is refused here by rule, and jiff would not hold it.
        let civil = DateTime::new(year, self.month?, self.day?, hour, minute, second, 0).ok()?;
        // jiff's own timestamps end two days before the year 9999 does, which servers love to name.
        Some(Timestamp::from_seconds(civil.duration_since(EPOCH).as_secs()))
    }
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, 0x09 | 0x20..=0x2f | 0x3b..=0x40 | 0x5b..=0x60 | 0x7b..=0x7e)
}

/// A run of `least` to `most` digits at the start of `token`, ended by a non-digit or the end.
fn leading_number(token: &[u8], least: usize, most: usize) -> Option<i16> {
    let digits = token.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits < least || digits > most {
        return None;
    }
    Some(token[..digits].iter().fold(0, |sum, digit| sum * 10 + i16::from(digit - b'0')))
}

fn time_of_day(token: &[u8]) -> Option<(i8, i8, i8)> {
    let mut fields = token.splitn(3, |&b| b == b':');
    let hour = fields.next().and_then(all_digits)?;
    let minute = fields.next().and_then(all_digits)?;
    let second = leading_number(fields.next()?, 1, 2)?;
    Some((hour, minute, i8::try_from(second).ok()?))
}

fn all_digits(field: &[u8]) -> Option<i8> {
    let number = leading_number(field, 1, 2)?;
    if field.iter().all(u8::is_ascii_digit) { i8::try_from(number).ok() } else { None }
}

fn month(token: &[u8]) -> Option<i8> {
    const MONTHS: [&[u8]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let name = token.get(..3)?;
    let index = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
    i8::try_from(index + 1).ok()
}

/// Two-digit years lie between 1970 and 2069.
const fn full_year(year: i16) -> i16 {
    match year {
        70..=99 => year + 1900,
        0..=69 => year + 2000,
        _ => year,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        parse_cookie_date(text.as_bytes()).map(|time| time.to_string())
    }

    #[test]
    fn the_usual_forms_name_the_same_instant() {
        let forms = [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "08:49:37x 6x November,1994",
        ];
        for form in forms {
            assert_eq!(shown(form).as_deref(), Some("1994-11-06T08:49:37Z"), "{form}");
        }
    }

    #[test]
    fn what_is_no_date_is_ignored() {
        let wrong = [
            "yesterday",
            "0",
            "",
            "Thu, 30 Feb 2023 10:00:00 GMT",
            "Thu, 01 Jan 1600 10:00:00 GMT",
            "Thu, 01 Jan 2023 24:00:00 GMT",
            "Thu, 01 Jan 2023 23:60:00 GMT",
            "Thu, 01 Jan 2023 23:59:60 GMT",
            "Thu, 32 Jan 2023 10:00:00 GMT",
            "Thu, 00 Jan 2023 10:00:00 GMT",
            "Thu, 01 Jan 20231 10:00:00 GMT",
            "Thu, 01 Jan 2023 10:00 GMT",
            "Thu, 01 Jan 2023 100:00:00 GMT",
        ];
        for text in wrong {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_second_of_9999_is_a_date() {
        assert!(parse_cookie_date(b"Fri, 31 Dec 9999 23:59:59 GMT").is_some());
    }

    #[test]
    fn two_digit_years_pivot_at_seventy() {
        assert_eq!(shown("1 Jan 69 0:0:0").as_deref(), Some("2069-01-01T00:00:00Z"));
        assert_eq!(shown("1 Jan 70 0:0:0").as_deref(), Some("1970-01-01T00:00:00Z"));
    }

    #[test]
    fn bytes_that_are_no_text_do_no_harm() {
        assert_eq!(
            parse_cookie_date(b"\xff\x00 1\x80 Jan\xff 2021\x01 10:00:00\xfe")
                .map(Timestamp::seconds),
            Some(1_609_495_200)
        );
    }
}
