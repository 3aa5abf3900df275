//! The paths a Rust file names, with groups of `use` taken apart and `self` and `super` followed.

use crate::source::{Token, closing, says};

/// One path as it is meant from the root of its package: `crate::…` for its own, else as written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The names between `::`; `*` for a glob.
    pub(crate) names: Vec<String>,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl Named {
    /// Whether it begins with these names.
    pub(crate) fn begins(&self, names: &[&str]) -> bool {
        self.names.len() >= names.len() && self.names.iter().zip(names).all(|(have, want)| have == want)
    }

    /// Whether these names stand somewhere in it, one after the other.
    pub(crate) fn contains(&self, names: &[&str]) -> bool {
        self.names.windows(names.len()).any(|part| part.iter().zip(names).all(|(have, want)| have == want))
    }

    /// As written in Rust.
    pub(crate) fn spelt(&self) -> String {
        self.names.join("::")
    }
}

/// The module a file is, from `crate` on.
pub(crate) fn module_of(path: &str) -> Vec<String> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    let mut names: Vec<String> = vec!["crate".to_owned()];
    names.extend(inside.trim_end_matches(".rs").split('/').map(str::to_owned));
    if names.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

/// All paths of two names or more, and all imports, in the order they stand.
pub(crate) fn named(path: &str, tokens: &[Token<'_>]) -> Vec<Named> {
    let mut reader = Reader { tokens, module: module_of(path), inner: Vec::new(), found: Vec::new() };
    reader.read();
    reader.found
}

struct Reader<'a> {
    tokens: &'a [Token<'a>],
    module: Vec<String>,
    /// Modules written inline around the current token: where each closes.
    inner: Vec<usize>,
    found: Vec<Named>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            while self.inner.last().is_some_and(|end| *end <= at) {
                self.inner.pop();
                self.module.pop();
            }
            if self.word(at, "mod") && says(self.tokens, at + 2, &["{"]) {
                self.module.push(self.tokens[at + 1].text.to_owned());
                self.inner.push(closing(self.tokens, at + 2));
                at += 3;
            } else if self.word(at, "use") && !says(self.tokens, at + 1, &["<"]) {
                at = self.import(at + 1, &[]);
            } else if self.is_name(at) && says(self.tokens, at + 1, &["::"]) {
                at = self.expression(at);
            } else {
                at += 1;
            }
        }
    }

    fn word(&self, at: usize, word: &str) -> bool {
        says(self.tokens, at, &[word])
    }

    fn is_name(&self, at: usize) -> bool {
        let text = self.tokens.get(at).map_or("", |token| token.text);
        text.starts_with(|one: char| one.is_alphabetic() || one == '_')
    }

    /// A path in an expression or type, from its first name. Answers where it ends.
    fn expression(&mut self, from: usize) -> usize {
        let mut names = vec![self.tokens[from].text.to_owned()];
        let mut at = from + 1;
        while self.word(at, "::") && self.is_name(at + 1) {
            names.push(self.tokens[at + 1].text.to_owned());
            at += 2;
        }
        self.add(names, self.tokens[from].line);
        at
    }

    /// A tree of imports below `above`. Answers where it ends.
    fn import(&mut self, from: usize, above: &[String]) -> usize {
        let mut names = above.to_vec();
        let mut at = from;
        while let Some(token) = self.tokens.get(at) {
            match token.text {
                "::" => at += 1,
                "{" => return self.group(at, &names),
                "as" => at += 2,
                "," | "}" | ";" => break,
                name => {
                    if name != "self" || names.is_empty() {
                        names.push(name.to_owned());
                    }
                    at += 1;
                }
            }
        }
        let line = self.tokens.get(at.saturating_sub(1)).map_or(0, |token| token.line);
        self.add(names, line);
        at
    }

    fn group(&mut self, open: usize, names: &[String]) -> usize {
        let end = closing(self.tokens, open);
        let mut at = open + 1;
        while at < end {
            at = self.import(at, names).max(at + 1);
            if self.word(at, ",") {
                at += 1;
            }
        }
        end + 1
    }

    fn add(&mut self, mut names: Vec<String>, line: usize) {
        let mut module = self.module.clone();
        match names.first().map(String::as_str) {
            None => return,
            Some("self") => {
                names.splice(..1, module);
            }
            Some("super") => {
                let up = names.iter().take_while(|name| *name == "super").count();
                module.truncate(module.len().saturating_sub(up).max(1));
                names.splice(..up, module);
            }
            Some(_) => {}
        }
        self.found.push(Named { names, line });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{mask, tokens};

    fn spelt(path: &str, text: &str) -> Vec<String> {
        let masked = mask(text);
        named(path, &tokens(&masked)).iter().map(Named::spelt).collect()
    }

    #[test]
    fn groups_of_imports_are_taken_apart() {
        let text = "pub use crate::{log::{self, Entry as E}, store::*};\nuse std::{fs, io::Read};";
        let expected = ["crate::log", "crate::log::Entry", "crate::store::*", "std::fs", "std::io::Read"];
        assert_eq!(spelt("core/src/wire/mod.rs", text), expected);
    }

    #[test]
    fn paths_in_code_are_seen() {
        let text = "fn f() -> Vec<crate::store::Row> { $crate::limits::X; a.b::<u8>(); std::fs::read(x) }";
        assert_eq!(
            spelt("core/src/log/cut.rs", text),
            ["crate::store::Row", "crate::limits::X", "b", "std::fs::read"]
        );
    }

    #[test]
    fn self_and_super_are_followed_through_inline_modules() {
        let text = "use super::super::store::Row;\nmod tests { use super::*; use super::super::entry; }\nuse self::x::Y;";
        let expected =
            ["crate::store::Row", "crate::log::cut::*", "crate::log::entry", "crate::log::cut::x::Y"];
        assert_eq!(spelt("core/src/log/cut.rs", text), expected);
    }

    #[test]
    fn a_file_knows_which_module_it_is() {
        assert_eq!(module_of("core/src/lib.rs"), ["crate"]);
        assert_eq!(module_of("core/src/log/mod.rs"), ["crate", "log"]);
        assert_eq!(module_of("core/src/store/journal/format.rs"), ["crate", "store", "journal", "format"]);
    }
}
