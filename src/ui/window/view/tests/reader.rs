//! What a screen reader finds, in both languages.

use std::collections::BTreeSet;

use egui::accesskit::Action;
use egui::accesskit::Live;
use egui::accesskit::Node;
use egui::accesskit::NodeId;
use egui::accesskit::Role;

use super::Stage;
use super::states::STATES;
use super::states::Screen;
use crate::text::Lang;

impl Stage {
    fn by_id(&self, id: NodeId) -> &Node {
        &self.tree.nodes.iter().find(|(at, _)| *at == id).unwrap_or_else(|| panic!("no node {id:?}")).1
    }

    /// What a screen reader calls a node.
    fn name(&self, node: &Node) -> String {
        let own = [node.label(), node.value().filter(|_| node.role() == Role::Label)];
        let labels = node.labelled_by().iter().map(|id| self.name(self.by_id(*id)));
        own.into_iter().flatten().map(str::to_owned).chain(labels).collect::<Vec<_>>().join(" ")
    }

    /// All nodes in the order in which they are read out.
    fn read_out(&self) -> Vec<&Node> {
        let root = self.tree.nodes.iter().find(|(_, node)| node.role() == Role::Dialog).unwrap().0;
        let (mut open, mut read) = (vec![root], Vec::new());
        while let Some(id) = open.pop() {
            let node = self.by_id(id);
            read.push(node);
            open.extend(node.children().iter().rev());
        }
        read
    }
}

/// WCAG 2.2, 4.1.2.
#[test]
fn every_control_has_a_role_and_a_name_of_its_own() {
    for state in STATES {
        for screen in Screen::all(1.0) {
            let stage = (state.on)(screen);
            let what = format!("{} {:?}", state.name, screen.lang);
            let dialog = &stage.role(Role::Dialog);
            assert_eq!(dialog.len(), 1, "{what}");
            assert_eq!(dialog[0].label(), Some(stage.dialog.title()), "{what}");
            let mut names = BTreeSet::new();
            for (_, node) in &stage.tree.nodes {
                let used = node.supports_action(Action::Click) || node.supports_action(Action::Focus);
                if !used {
                    continue;
                }
                let known = matches!(
                    node.role(),
                    Role::Button
                        | Role::CheckBox
                        | Role::List
                        | Role::PasswordInput
                        | Role::RadioButton
                        | Role::ScrollBar
                        | Role::SearchInput
                );
                assert!(known, "{what}: {:?} {:?}", node.role(), stage.name(node));
                // The scroll view around it has the keys, and its contents the names.
                if node.role() == Role::ScrollBar {
                    continue;
                }
                let name = stage.name(node);
                assert!(!name.trim().is_empty(), "{what}: a {:?} without a name", node.role());
                assert!(names.insert(name.clone()), "{what}: two are called {name:?}");
            }
        }
    }
}

/// A screen reader goes through the window from top to bottom: who asks, what for, the answer.
#[test]
fn what_is_read_out_goes_from_top_to_bottom() {
    for state in STATES {
        let stage = (state.on)(Screen::LIGHT_VI);
        if stage.wanted > stage.size[1] {
            // What is scrolled away has its place behind the foot.
            continue;
        }
        let read: Vec<(f64, String)> = stage
            .read_out()
            .into_iter()
            .filter(|node| matches!(node.role(), Role::Label | Role::Button | Role::PasswordInput))
            .map(|node| (node.bounds().unwrap().y1, stage.name(node)))
            .collect();
        assert!(read.len() > 2, "{}: {read:?}", state.name);
        let rows = read.windows(2).all(|pair| pair[1].0 >= pair[0].0 - SAME_ROW);
        assert!(rows, "{}: {read:#?}", state.name);
    }
}

/// What changes is said without being looked for.
#[test]
fn what_happens_is_said_aloud() {
    for (name, live) in [
        ("pin-wrong", Live::Assertive),
        ("pin-last", Live::Assertive),
        ("pin-locked", Live::Assertive),
        ("failed", Live::Assertive),
        ("late", Live::Assertive),
        ("pair-punycode", Live::Assertive),
        ("change-differ", Live::Assertive),
        ("working", Live::Polite),
        ("progress", Live::Polite),
        ("done", Live::Polite),
        ("change-working", Live::Polite),
        ("change-done", Live::Polite),
    ] {
        let state = STATES.iter().find(|state| state.name == name).unwrap();
        let stage = (state.on)(Screen::LIGHT_VI);
        let said = stage.tree.nodes.iter().any(|(_, node)| node.live() == Some(live));
        assert!(said, "{name}: nothing is {live:?}");
    }
}

/// A typed PIN is a row of dots for everybody but the token.
#[test]
fn r35_no_pin_is_in_the_tree() {
    for state in STATES {
        let mut stage = (state.on)(Screen::LIGHT_VI);
        let fields = stage.role(Role::PasswordInput).len();
        assert!(stage.role(Role::TextInput).is_empty(), "{}: a field in clear", state.name);
        // Out of the field that searches.
        while stage.focused().is_some_and(|node| node.role() == Role::SearchInput) {
            stage.press(egui::Key::Tab);
        }
        for _ in 0..fields {
            stage.type_text(SECRET);
            stage.press(egui::Key::Tab);
        }
        let tree = format!("{:?}", stage.tree);
        assert!(!tree.contains(SECRET), "{}: {tree}", state.name);
        if fields > 0 {
            let value = stage.role(Role::PasswordInput)[0].value().unwrap_or_default().to_owned();
            assert!(value.chars().all(|letter| letter == '•'), "{}: {value}", state.name);
        }
    }
}

/// A word that both languages say is a name, or it was written past `text`.
#[test]
fn every_word_speaks_the_persons_language() {
    for state in STATES {
        let [vi, en] = Lang::ALL.map(|lang| {
            let stage = (state.on)(Screen { lang, ..Screen::LIGHT_VI });
            let texts = stage.tree.nodes.iter().map(|(_, node)| stage.name(node)).collect::<Vec<_>>();
            words(&texts.join(" ")).collect::<BTreeSet<String>>()
        });
        assert!(vi.len() > 5 && en.len() > 5, "{}: {vi:?} {en:?}", state.name);
        let names: BTreeSet<String> = words(NAMES).collect();
        let both: Vec<_> = vi.intersection(&en).filter(|word| !names.contains(*word)).collect();
        assert!(both.is_empty(), "{}: in both languages: {both:?}", state.name);
    }
}

/// In small letters, without the groups of a digest's code.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.len() != 4 || !word.chars().all(|digit| matches!(digit, '0'..='9' | 'A'..='F')))
        .flat_map(|word| word.split(|letter: char| letter.is_numeric()))
        .filter(|word| word.chars().count() > 1)
        .map(str::to_lowercase)
}

/// What the samples are called, and what is called the same in both languages.
const NAMES: &str = "Caps Lock Kyso PIN PUK token SHA kyso logout pin change unblock \
    vanban example gov vn https xn ggle gle da com demo abcdef SoftHSM dichvucong bbbbbb \
    Nguyễn Thị Ánh Tuyết Trần Văn Khoa Sở Nội vụ tỉnh Lâm Đồng \
    Cơ quan chứng thực số chuyên dùng Chính phủ RootCA \
    Tờ trình về biên chế năm pdf Công văn SNV TCCB Báo cáo tổng hợp kết quả rà soát của \
    Phó Chánh Văn phòng kiêm Trưởng phòng Hành chính Quản trị \
    Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh Bà Rịa Vũng Tàu";
const SECRET: &str = "918273";
const SAME_ROW: f64 = 24.0;
