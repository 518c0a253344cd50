//! Numbers and days as each language writes them.

use time::{Date, Month};

use super::Lang;

/// `1.234.567` in Vietnamese, `1,234,567` in English.
pub fn whole(lang: Lang, number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(match lang {
                Lang::Vi => '.',
                Lang::En => ',',
            });
        }
        text.push(digit);
    }
    text
}

/// Tenths, rounded by the caller: 12345 is `1.234,5` in Vietnamese, `1,234.5` in English.
pub fn tenths(lang: Lang, tenths: u64) -> String {
    let mark = match lang {
        Lang::Vi => ',',
        Lang::En => '.',
    };
    format!("{}{mark}{}", whole(lang, tenths / 10), tenths % 10)
}

/// `part` of `all` in percent, to a tenth; `–` of nothing.
pub fn percent(lang: Lang, part: u64, all: u64) -> String {
    if all == 0 {
        return "–".to_owned();
    }
    let in_tenths = (u128::from(part) * 1_000 + u128::from(all) / 2) / u128::from(all);
    format!("{}%", tenths(lang, u64::try_from(in_tenths).unwrap_or(u64::MAX)))
}

/// `05/11/2027` in Vietnamese, as offices write days; `5 November 2027` in English, where a person may not know
/// which figure is the month.
pub fn day(lang: Lang, date: Date) -> String {
    match lang {
        Lang::Vi => format!("{:02}/{:02}/{}", date.day(), u8::from(date.month()), date.year()),
        Lang::En => format!("{} {} {}", date.day(), date.month(), date.year()),
    }
}

/// The same of `2027-11-05…`; as it stands if it is no day.
pub fn day_of(lang: Lang, text: &str) -> String {
    let date = || {
        let month = Month::try_from(text.get(5..7)?.parse::<u8>().ok()?).ok()?;
        Date::from_calendar_date(text.get(0..4)?.parse().ok()?, month, text.get(8..10)?.parse().ok()?).ok()
    };
    date().map_or_else(|| text.to_owned(), |date| day(lang, date))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn numbers_follow_the_language() {
        let written = [0, 7, 999, 1_234, 1_234_567].map(|number| whole(Lang::Vi, number));
        assert_eq!(written, ["0", "7", "999", "1.234", "1.234.567"]);
        assert_eq!(whole(Lang::En, 12_345), "12,345");
        assert_eq!((tenths(Lang::Vi, 12_345), tenths(Lang::En, 5)), ("1.234,5".into(), "0.5".into()));
        assert_eq!((percent(Lang::Vi, 1, 3), percent(Lang::En, 1, 0)), ("33,3%".into(), "–".into()));
        let days = Lang::ALL.map(|lang| day(lang, date!(2027 - 11 - 05)));
        assert_eq!(days, ["05/11/2027", "5 November 2027"]);
        assert_eq!(Lang::ALL.map(|lang| day_of(lang, "2027-11-05 09:30:00")), days);
        assert_eq!(
            ["", "2027-13-05", "hôm qua rồi"].map(|text| day_of(Lang::En, text)),
            ["", "2027-13-05", "hôm qua rồi"]
        );
    }
}
