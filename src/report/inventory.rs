//! Every certificate that is known, for requests to renew: from the log, and from tokens that were looked at.

use std::collections::BTreeMap;

use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime, UtcOffset};

use super::gathering::OTHERS;
use super::statistics::{Statistics, name, place};
use crate::domain::certificate::Holder;
use crate::domain::subject::Subject;

/// A certificate that was seen on a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `sha256:` and its fingerprint in hex.
    pub id: String,
    /// Its subject, RFC 4514.
    pub subject: String,
    /// For whom it speaks.
    pub holder: Option<Holder>,
    /// Its last moment, RFC 3339.
    pub expires: Option<String>,
    /// Serial number of the token.
    pub token: String,
}

/// One line of the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `sha256:` and its fingerprint in hex.
    pub id: String,
    /// Its holder's name.
    pub name: String,
    /// Where the holder belongs.
    pub place: String,
    /// For whom it speaks.
    pub holder: Holder,
    /// Serial numbers of its tokens.
    pub tokens: Vec<String>,
    /// Its last day; nothing where neither rows nor tokens tell.
    pub expires: Option<Date>,
    /// The day of its last signature or sign-in in the log.
    pub last_used: Option<Date>,
    /// Signatures in the log.
    pub signatures: u64,
    /// How long it still lasts.
    pub state: State,
}

/// How a certificate stands on the day of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its time is over.
    Expired,
    /// It ends within this many days, 60 at most.
    Soon(i64),
    /// It lasts longer.
    Lasting,
    /// Nobody knows.
    Unknown,
}

/// The most urgent first. Days are those of a clock this far ahead of UTC.
pub fn inventory(statistics: &Statistics, seen: &[Seen], offset: UtcOffset) -> Vec<Item> {
    let day = |expires: Option<&str>| {
        let moment = OffsetDateTime::parse(expires?, &Rfc3339).ok()?;
        moment.checked_to_offset(offset).map(OffsetDateTime::date)
    };
    let mut items: BTreeMap<&str, Item> = BTreeMap::new();
    for (id, used) in statistics.certificates.iter().filter(|(id, _)| id != OTHERS) {
        let item = item(id, &used.subject, used.speaks_for(), day(used.expires.as_deref()));
        let last_used = used.last.max(used.last_sign_in);
        let known = Item { tokens: used.tokens.clone(), last_used, signatures: used.ever, ..item };
        items.insert(id, known);
    }
    for seen in seen {
        let expires = day(seen.expires.as_deref());
        let holder = seen.holder.unwrap_or_else(|| Subject::parse(&seen.subject).holder());
        let known = items.entry(&seen.id).or_insert_with(|| item(&seen.id, &seen.subject, holder, expires));
        known.expires = known.expires.or(expires);
        if !known.tokens.contains(&seen.token) {
            known.tokens.push(seen.token.clone());
        }
    }
    let mut items: Vec<Item> = items.into_values().collect();
    for item in &mut items {
        item.state = state(item.expires, statistics.until);
    }
    items.sort_by(|one, other| {
        (one.state, one.expires, &one.name, &one.id).cmp(&(
            other.state,
            other.expires,
            &other.name,
            &other.id,
        ))
    });
    items
}

fn item(id: &str, subject: &str, holder: Holder, expires: Option<Date>) -> Item {
    let parts = Subject::parse(subject);
    Item {
        id: id.to_owned(),
        name: name(&parts, subject),
        place: place(&parts),
        holder,
        tokens: Vec::new(),
        expires,
        last_used: None,
        signatures: 0,
        state: State::Unknown,
    }
}

fn state(expires: Option<Date>, today: Date) -> State {
    let Some(expires) = expires else { return State::Unknown };
    match (expires - today).whole_days() {
        left if left < 0 => State::Expired,
        left if left <= SOON => State::Soon(left),
        _ => State::Lasting,
    }
}

/// Days before the end from which a renewal is due.
const SOON: i64 = 60;

#[cfg(test)]
mod tests {
    use time::macros::{date, offset};

    use super::*;
    use crate::report::{Gathering, Period};

    #[test]
    fn what_ends_first_stands_first_and_the_unused_are_there() {
        let period = Period { year: 2026, quarter: None };
        let statistics = Gathering::new(period, date!(2026 - 11 - 26)).finish();
        let seen = |id: &str, expires: Option<&str>| Seen {
            id: id.to_owned(),
            subject: format!("O=UBND,CN={id}"),
            holder: None,
            expires: expires.map(str::to_owned),
            token: "7".to_owned(),
        };
        let list = [
            seen("unknown", None),
            seen("lasting", Some("2028-01-01T00:00:00Z")),
            // The last second of the day in Hà Nội.
            seen("today", Some("2026-11-26T16:59:59Z")),
            seen("over", Some("2026-11-25T16:59:59Z")),
        ];
        let items = inventory(&statistics, &list, offset!(+7));
        let found: Vec<(&str, State)> = items.iter().map(|item| (item.id.as_str(), item.state)).collect();
        let expected = [
            ("over", State::Expired),
            ("today", State::Soon(0)),
            ("lasting", State::Lasting),
            ("unknown", State::Unknown),
        ];
        assert_eq!(found, expected);
        assert!(items.iter().all(|item| item.last_used.is_none() && item.signatures == 0));
    }
}
