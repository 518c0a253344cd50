//! Words for who else listens where pages look for the agent.

use super::{Lang, fill};
use crate::status::{Answers, Squatter};

words! {
    /// Each says who and where.
    NeighbourWords {
        other: "Cổng {port} của Kyso đang do chương trình khác trả lời (người dùng {user}): trang web không gặp được Kyso. Báo quản trị viên rồi chạy «kyso restart».", "Another program answers at Kyso's port {port} (user {user}): pages don't reach Kyso. Tell the administrator, then run 'kyso restart'.";
        nobody: "Không ai trả lời ở cổng {port} của Kyso: trang web không gặp được Kyso. Chạy «kyso restart».", "Nobody answers at Kyso's port {port}: pages don't reach Kyso. Run 'kyso restart'.";
        holds: "Người dùng {user} chiếm {n} cổng dành cho Kyso ({ports}); mỗi người chỉ cần một. Báo quản trị viên.", "User {user} holds {n} of the ports for Kyso ({ports}); each needs but one. Tell the administrator.";
        beside: "Một chương trình của người dùng {user} nghe ở địa chỉ khác của cổng {ports}: trang nào gọi «localhost» có thể gặp nó thay vì Kyso. Báo quản trị viên.", "A program of user {user} listens at another address of port {ports}: a page that calls 'localhost' may meet it instead of Kyso. Tell the administrator.";
        unknown: "không rõ", "unknown";
    }
}

impl NeighbourWords {
    /// What there is to say; nothing if all is as it should be.
    pub fn lines(answers: &Answers, squatters: &[Squatter], port: u16, lang: Lang) -> Vec<String> {
        let (words, port) = (Self::of(lang), port.to_string());
        let own = match answers {
            Answers::Unknown | Answers::Us => None,
            Answers::Nobody => Some(fill(words.nobody, &[("port", &port)]).into_owned()),
            Answers::Other { user, .. } => {
                let user = user.as_deref().unwrap_or(words.unknown);
                Some(fill(words.other, &[("port", &port), ("user", user)]).into_owned())
            }
        };
        own.into_iter().chain(squatters.iter().flat_map(|one| words.of_squatter(one))).collect()
    }

    fn of_squatter(&self, squatter: &Squatter) -> Vec<String> {
        let line = |sentence, ports: &[u16]| {
            let list = ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let count = ports.len().to_string();
            let values = [("user", squatter.user.as_str()), ("n", &count), ("ports", &list)];
            (!ports.is_empty()).then(|| fill(sentence, &values).into_owned())
        };
        [line(self.holds, &squatter.holds), line(self.beside, &squatter.beside)]
            .into_iter()
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_who_and_where() {
        let squatter = |holds: &[u16], beside: &[u16]| Squatter {
            uid: 1_001,
            user: "chiem".to_owned(),
            holds: holds.to_vec(),
            beside: beside.to_vec(),
        };
        let said =
            |answers, squatters: &[Squatter]| NeighbourWords::lines(&answers, squatters, 21_480, Lang::En);
        assert!(said(Answers::Us, &[]).is_empty() && said(Answers::Unknown, &[]).is_empty());
        let lines = said(Answers::Nobody, &[squatter(&[21_481, 21_482], &[21_480])]);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].contains("21480") && lines[1].contains("chiem holds 2"), "{lines:?}");
        assert!(lines[1].contains("21481, 21482") && lines[2].contains("localhost"), "{lines:?}");
        let other = Answers::Other { uid: Some(1_001), user: Some("chiem".to_owned()) };
        assert!(said(other, &[])[0].contains("user chiem"));
    }
}
