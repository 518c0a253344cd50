//! Whose question comes next.
//!
//! There is one question at a time. Once a token works on its batch, the question may be another's, but none that
//! would have to wait for that token: its turn comes when the token's has ended. Whoever waits for a token keeps
//! later ones from taking it first; whoever waits for none of the busy ones goes past.

use std::collections::VecDeque;

/// One request's number.
pub(super) type Id = u64;

/// The requests in the queue, by what they wait for.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// In the order of their turns.
    waiting: VecDeque<Waiting>,
    /// Whose question is in front of the person, or about to be.
    asking: Option<Id>,
    /// Whose tokens work, each with its module.
    working: Vec<(Id, usize)>,
}

#[derive(Debug)]
struct Waiting {
    id: Id,
    /// The modules that its token may be one of.
    modules: Vec<usize>,
}

impl Line {
    /// Nobody asks, works or waits.
    pub(super) fn is_empty(&self) -> bool {
        self.asking.is_none() && self.waiting.is_empty() && self.working.is_empty()
    }

    /// Whose question it is.
    pub(super) fn asking(&self) -> Option<Id> {
        self.asking
    }

    /// How many have passed the question on.
    pub(super) fn working(&self) -> usize {
        self.working.len()
    }

    /// Waits behind all others.
    pub(super) fn join(&mut self, id: Id, modules: Vec<usize>) {
        self.waiting.push_back(Waiting { id, modules });
    }

    /// Waits before all others: the token works no more, and the person is to be asked again.
    pub(super) fn come_back(&mut self, id: Id) {
        let Some(at) = self.working.iter().position(|(working, _)| *working == id) else { return };
        let (_, module) = self.working.remove(at);
        self.waiting.push_front(Waiting { id, modules: vec![module] });
    }

    /// Whether the question is this one's now.
    pub(super) fn comes(&mut self, id: Id) -> bool {
        if self.asking.is_some() {
            return self.asking == Some(id);
        }
        let mut taken: Vec<usize> = self.working.iter().map(|(_, module)| *module).collect();
        let next = self.waiting.iter().position(|waiting| {
            let free = waiting.modules.iter().all(|module| !taken.contains(module));
            taken.extend(&waiting.modules);
            free
        });
        let Some(next) = next.filter(|at| self.waiting.get(*at).is_some_and(|next| next.id == id)) else {
            return false;
        };
        self.waiting.remove(next);
        self.asking = Some(id);
        true
    }

    /// The token of this module works for it now, and the question may be another's.
    pub(super) fn pass_on(&mut self, id: Id, module: usize) {
        if self.asking == Some(id) {
            self.asking = None;
            self.working.push((id, module));
        }
    }

    /// It is over.
    pub(super) fn leave(&mut self, id: Id) {
        self.asking.take_if(|asking| *asking == id);
        self.waiting.retain(|waiting| waiting.id != id);
        self.working.retain(|(working, _)| *working != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These wait for these modules, in order.
    fn line<const N: usize>(requests: [(Id, &[usize]); N]) -> Line {
        let mut line = Line::default();
        requests.into_iter().for_each(|(id, modules)| line.join(id, modules.to_vec()));
        line
    }

    /// Whose turn it is, of the first nine.
    fn next(line: &mut Line) -> Option<Id> {
        (1..10).find(|id| line.comes(*id))
    }

    #[test]
    fn one_question_at_a_time_in_order() {
        let mut line = line([(1, &[0]), (2, &[1]), (3, &[])]);
        assert_eq!(next(&mut line), Some(1));
        assert!(line.comes(1) && !line.comes(2) && !line.comes(3), "until it is passed on");
        line.leave(1);
        assert_eq!(next(&mut line), Some(2));
        line.leave(2);
        assert_eq!(next(&mut line), Some(3));
        line.leave(3);
        assert!(line.is_empty());
    }

    #[test]
    fn while_a_token_works_only_those_that_need_another_are_asked() {
        let mut line = line([(1, &[0]), (2, &[0]), (3, &[1])]);
        assert!(line.comes(1));
        line.pass_on(1, 0);
        assert_eq!(next(&mut line), Some(3), "2 would wait for the token, with its question open");
        line.pass_on(3, 1);
        assert_eq!((next(&mut line), line.working()), (None, 2));
        line.leave(1);
        assert_eq!(next(&mut line), Some(2));
    }

    #[test]
    fn nobody_is_overtaken_by_those_that_want_the_same() {
        let mut line = line([(1, &[0]), (2, &[0, 1]), (3, &[1]), (4, &[2])]);
        assert!(line.comes(1));
        line.pass_on(1, 0);
        assert_eq!(next(&mut line), Some(4), "3 would take a token that 2 waits for");
        line.leave(4);
        assert_eq!(next(&mut line), None);
        line.leave(1);
        assert_eq!(next(&mut line), Some(2));
    }

    #[test]
    fn whoever_must_ask_again_comes_first_and_keeps_its_token() {
        let mut line = line([(1, &[0]), (2, &[1]), (3, &[0]), (4, &[2])]);
        assert!(line.comes(1));
        line.pass_on(1, 0);
        assert!(line.comes(2));
        line.come_back(1);
        assert!(!line.comes(1), "another question is open");
        line.pass_on(2, 1);
        assert!(!line.comes(3) && !line.comes(4));
        assert_eq!(next(&mut line), Some(1));
        line.pass_on(2, 1);
        assert_eq!(line.asking(), Some(1), "only its own question can be passed on");
        line.leave(1);
        assert_eq!(next(&mut line), Some(3));
    }
}
