//! Whether a site may ask, on the terminal.

use super::End;
use super::Session;
use crate::text::fill;
use crate::ui::facts;
use crate::ui::message::FromPrompt;
use crate::ui::message::Pair;
use crate::ui::prompt;

impl Session {
    pub(super) fn pair(&mut self, pair: &Pair) -> Result<(), End> {
        let words = self.words;
        self.print(&format!("\n== {} ==\n  {}\n", words.asks_pair, pair.origin))?;
        if let Some(host) = pair.origin.unicode_host() {
            self.print(&format!("  {}\n", fill(words.reads_as, &[("host", &facts::host(&host))])))?;
        }
        if let Some(waiting) = facts::waiting(words, pair.waiting) {
            self.print(&format!("  {waiting}\n"))?;
        }
        self.print(&format!(
            "{}\n  - {}\n  - {}\n  - {}\n{}\n",
            words.pair_gets, words.pair_names, words.pair_may_ask, words.pair_never_signs, words.pair_care
        ))?;
        prompt::say(&FromPrompt::Ready);
        if !self.agrees(words.tty_allow)? {
            return Err(End::Denied);
        }
        prompt::say(&FromPrompt::Allow);
        Ok(())
    }
}
