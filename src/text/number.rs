//! Numbers and dates as each language writes them.

use time::Date;

use super::Lang;

/// A count with its thousands apart: `1.000` in Vietnamese, `1,000` in English.
pub fn number(lang: Lang, n: usize) -> String {
    let digits = n.to_string();
    let apart = if lang == Lang::Vi { '.' } else { ',' };
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            shown.push(apart);
        }
        shown.push(digit);
    }
    shown
}

/// A day: `05/11/2027` in Vietnamese; `5 November 2027` in English, where figures alone are read in two ways.
pub fn date(lang: Lang, date: Date) -> String {
    let (day, year) = (date.day(), date.year());
    match lang {
        Lang::Vi => format!("{day:02}/{:02}/{year}", u8::from(date.month())),
        Lang::En => format!("{day} {} {year}", date.month()),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn each_language_writes_in_its_own_way() {
        let both = |n| (number(Lang::Vi, n), number(Lang::En, n));
        assert_eq!(both(0), ("0".to_owned(), "0".to_owned()));
        assert_eq!(both(999), ("999".to_owned(), "999".to_owned()));
        assert_eq!(both(1_000), ("1.000".to_owned(), "1,000".to_owned()));
        assert_eq!(both(1_234_567), ("1.234.567".to_owned(), "1,234,567".to_owned()));
        assert_eq!(date(Lang::Vi, date!(2027 - 11 - 05)), "05/11/2027");
        assert_eq!(date(Lang::En, date!(2027 - 11 - 05)), "5 November 2027");
    }
}
