//! Takes a TOML file apart, table by table, and keeps count of all that is wrong: an administrator mends a file once,
//! not once for each mistake in it.

use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

use super::fault::{Fault, What};
use super::said::At;
use crate::config::Misread;

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a str,
    file: Arc<Path>,
    faults: Vec<Fault>,
}

/// A table of it; what nobody takes is no setting.
#[derive(Debug)]
pub(super) struct Section<'a> {
    table: DeTable<'a>,
    span: Range<usize>,
    /// Its settings, and whether each was there.
    known: Vec<(&'static str, bool)>,
}

impl<'a> Reader<'a> {
    /// The file's outermost table.
    ///
    /// # Errors
    /// Each place that is no TOML.
    pub(super) fn new(text: &'a str, file: &Arc<Path>) -> Result<(Self, Section<'a>), Vec<Fault>> {
        let mut reader = Self { text, file: Arc::clone(file), faults: Vec::new() };
        let (table, errors) = DeTable::parse_recoverable(text);
        errors.iter().for_each(|error| reader.misread(error, 0..0));
        let span = table.span();
        let root = Section { table: table.into_inner(), span, known: Vec::new() };
        if reader.faults.is_empty() { Ok((reader, root)) } else { Err(reader.faults) }
    }

    /// The value, once nothing is wrong.
    ///
    /// # Errors
    /// All that is.
    pub(super) fn finish<T>(mut self, value: T) -> Result<T, Vec<Fault>> {
        self.faults.sort_by_key(|fault| fault.line);
        if self.faults.is_empty() { Ok(value) } else { Err(self.faults) }
    }

    /// A table in this one.
    pub(super) fn section(&mut self, from: &mut Section<'a>, key: &'static str) -> Option<Section<'a>> {
        let value = from.remove(key)?;
        self.table(value)
    }

    /// The tables of an array.
    pub(super) fn sections(&mut self, from: &mut Section<'a>, key: &'static str) -> Vec<Section<'a>> {
        let Some(value) = from.remove(key) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(values) = value.into_inner() else {
            self.complain_at(span, What::Misread(Misread::Value));
            return Vec::new();
        };
        values.into_iter().filter_map(|value| self.table(value)).collect()
    }

    /// A value of this type.
    pub(super) fn take<T: DeserializeOwned>(
        &mut self,
        from: &mut Section<'a>,
        key: &'static str,
    ) -> Option<At<T>> {
        let value = from.remove(key)?;
        let span = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(value) => {
                let line = self.line_of(span.start);
                Some(self.at(value, line))
            }
            Err(error) => {
                self.misread(&error, span);
                None
            }
        }
    }

    /// A number in this range.
    pub(super) fn number(
        &mut self,
        from: &mut Section<'a>,
        key: &'static str,
        range: RangeInclusive<u64>,
    ) -> Option<At<u64>> {
        let said = self.take::<i64>(from, key)?;
        match u64::try_from(said.value) {
            Ok(value) if range.contains(&value) => Some(At { value, file: said.file, line: said.line }),
            _ => {
                self.complain(said.line, What::Range(range));
                None
            }
        }
    }

    /// One of the values that have these names.
    pub(super) fn choice<T: Copy>(
        &mut self,
        from: &mut Section<'a>,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<At<T>> {
        let named = |text: &str| {
            let known = choices.iter().find(|(name, _)| *name == text);
            known.map(|(_, value)| *value).ok_or_else(|| What::choice(text, choices))
        };
        self.text(from, key, named)
    }

    /// What a text means.
    pub(super) fn text<T>(
        &mut self,
        from: &mut Section<'a>,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, What>,
    ) -> Option<At<T>> {
        let said = self.take::<String>(from, key)?;
        match parse(&said.value) {
            Ok(value) => Some(At { value, file: said.file, line: said.line }),
            Err(what) => {
                self.complain(said.line, what);
                None
            }
        }
    }

    /// What each text of a list means.
    pub(super) fn list<T>(
        &mut self,
        from: &mut Section<'a>,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, What>,
    ) -> Option<At<Vec<T>>> {
        let said = self.take::<Vec<Spanned<String>>>(from, key)?;
        let (mut values, before) = (Vec::new(), self.faults.len());
        for text in &said.value {
            match parse(text.get_ref()) {
                Ok(value) => values.push(value),
                Err(what) => self.complain_at(text.span(), what),
            }
        }
        (self.faults.len() == before).then_some(At { value: values, file: said.file, line: said.line })
    }

    /// A value that stands on this line.
    pub(super) fn at<T>(&self, value: T, line: usize) -> At<T> {
        At { value, file: Arc::clone(&self.file), line }
    }

    /// The line of a table.
    pub(super) fn line(&self, section: &Section<'_>) -> usize {
        self.line_of(section.span.start)
    }

    /// What is left of the table is no setting.
    pub(super) fn end(&mut self, section: Section<'_>) {
        let known: Vec<String> = section.known.iter().map(|(name, _)| (*name).to_owned()).collect();
        for (key, _) in section.table {
            let what = Misread::Unknown(key.get_ref().to_string(), known.clone());
            self.complain_at(key.span(), What::Misread(what));
        }
    }

    /// The table lacks this.
    pub(super) fn misses(&mut self, section: &Section<'_>, key: &str) {
        self.complain_at(section.span.clone(), What::Misread(Misread::Missing(key.to_owned())));
    }

    /// Something is wrong on this line, counted from 1.
    pub(super) fn complain(&mut self, line: usize, what: What) {
        let text = self.text.lines().nth(line - 1).unwrap_or_default().trim().to_owned();
        self.faults.push(Fault { file: self.file.to_path_buf(), line: Some(line), text, what });
    }

    fn complain_at(&mut self, span: Range<usize>, what: What) {
        self.complain(self.line_of(span.start), what);
    }

    fn misread(&mut self, error: &Error, otherwise: Range<usize>) {
        let what = What::Misread(Misread::of(error.message()));
        self.complain_at(error.span().unwrap_or(otherwise), what);
    }

    fn table(&mut self, value: Spanned<DeValue<'a>>) -> Option<Section<'a>> {
        let span = value.span();
        if let DeValue::Table(table) = value.into_inner() {
            return Some(Section { table, span, known: Vec::new() });
        }
        self.complain_at(span, What::Misread(Misread::Value));
        None
    }

    fn line_of(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

impl<'a> Section<'a> {
    /// Whether this one was there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.known.iter().any(|(name, there)| *name == key && *there)
    }

    /// Whether it is there, and a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_table())
    }

    fn remove(&mut self, key: &'static str) -> Option<Spanned<DeValue<'a>>> {
        let value = self.table.remove(key);
        self.known.push((key, value.is_some()));
        value
    }
}
